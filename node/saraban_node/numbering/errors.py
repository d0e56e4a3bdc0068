"""What can go wrong when numbers are asked for or taken in by hand."""

from saraban_sync.errors import SarabanError


class AlreadyAsked(SarabanError):
    """Numbers of this series were asked for, and the centre has not answered yet."""

    code = "SRB-385"
    thai = (
        "ขอเลข{register_th}ปี {year} ไว้แล้ว {size} เลข และยังรอคำตอบ ไม่มีคำขอใหม่ "
        "โปรดเชื่อมต่อส่วนกลาง หรือโทรขอเป็นรหัสทางโทรศัพท์"
    )
    english = (
        "{size} numbers of the {register_en} register of {year} were already asked for and not "
        "answered yet; no new request was made. Connect to the centre, or ask for a code by "
        "telephone."
    )


class AlreadyHeld(SarabanError):
    """A range that was taken before."""

    code = "SRB-386"
    thai = "เครื่องนี้รับช่วงเลขนี้ไว้แล้ว ({first}–{last}) ไม่มีการเปลี่ยนแปลงใด ออกเลขต่อได้ตามปกติ"
    english = (
        "This machine took the range {first}–{last} before. Nothing was changed; go on numbering "
        "as usual."
    )


class NothingAsked(SarabanError):
    """There is no open request that could be put into a file."""

    code = "SRB-387"
    thai = "ยังไม่มีคำขอเลขที่รอคำตอบ จึงไม่มีแฟ้มให้นำไป ไม่มีการเปลี่ยนแปลงใด โปรดขอเลขก่อน"
    english = (
        "No request for numbers is waiting, so there is no file to carry. Nothing was changed; ask "
        "for numbers first."
    )


class NumberNotUnderstood(SarabanError):
    """What was typed holds no number of a letter."""

    code = "SRB-388"
    thai = "อ่าน “{text}” เป็นเลขหนังสือไม่ได้ โปรดพิมพ์เลข เช่น 123/2569 หรือ ศธ 04123.45/123"
    english = (
        "“{text}” cannot be read as the number of a letter. Type one such as 123/2569 or "
        "ศธ 04123.45/123."
    )


class NotGivenUp(SarabanError):
    """An explanation for numbers that were not skipped."""

    code = "SRB-389"
    thai = (
        "เลข {first}–{last} ของ{register_th}ปี {year} ไม่ใช่เลขที่ถูกข้าม จึงไม่มีสิ่งที่ต้องอธิบาย "
        "ยังไม่มีการเปลี่ยนแปลงใด โปรดตรวจเลขอีกครั้ง"
    )
    english = (
        "{first}–{last} of the {register_en} register of {year} were not skipped, so there is "
        "nothing to explain. Nothing was changed; check the numbers."
    )
