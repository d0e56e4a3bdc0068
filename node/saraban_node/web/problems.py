"""What only the node's pages can run into."""

from typing import Final

from saraban_base.refusals import WebError
from saraban_sync.errors import SarabanError


class FormAlreadySent(WebError):
    """A form that already became an entry came again with other words in it."""

    code = "SRB-540"
    thai = (
        "แบบฟอร์มนี้ออกเลข {number} ไปแล้ว จึงยังไม่ออกเลขใหม่ให้ข้อความที่แก้ไข "
        "หากเป็นหนังสืออีกฉบับ กดปุ่มออกเลขอีกครั้ง หากต้องการแก้เลขเดิม ให้เปิดหนังสือเลขนั้น"
    )
    english = (
        "This form was already registered under number {number}, so the changed words got no new "
        "number yet. If this is another letter, press the button again; to correct the first one, "
        "open it."
    )


class LikelyDuplicate(WebError):
    """Perhaps the same paper again; the person decides."""

    code = "SRB-541"
    thai = "อาจเป็นหนังสือฉบับเดียวกับที่ลงทะเบียนแล้ว ยังไม่มีการออกเลข ตรวจรายการด้านล่างก่อนยืนยัน"
    english = (
        "This may be a letter that is already registered. No number was issued; "
        "look at the entries below before you confirm."
    )


class NoSuchArrival(WebError):
    """There is no such letter in the inbox."""

    code = "SRB-542"
    thai = "ไม่พบหนังสือเข้าฉบับนี้ อาจลงทะเบียนรับแล้ว ดูได้ในทะเบียนหนังสือรับหรือใช้ช่องค้นหา"
    english = (
        "There is no such arrival; it may be registered already. "
        "Look in the incoming register or use the search."
    )


class NoSuchFile(WebError):
    """The letter has no such file."""

    code = "SRB-543"
    thai = "หนังสือฉบับนี้ไม่มีแฟ้มดังกล่าว โปรดเลือกแฟ้มจากหน้าหนังสือ"
    english = "The letter has no such file. Choose one from the letter's page."


class KeyMissing(WebError):
    """A call that issues a number came without its idempotency key."""

    code = "SRB-544"
    thai = "ต้องส่งหัวข้อ Idempotency-Key (8–100 ตัวอักษร) เพื่อกันการออกเลขซ้ำ ยังไม่มีการออกเลข"
    english = (
        "Send an Idempotency-Key header of 8 to 100 characters, so that a repeated call takes no "
        "second number. No number was issued."
    )


class NoFileChosen(WebError):
    """The button for adding files was pressed without a file."""

    code = "SRB-545"
    thai = "ยังไม่ได้เลือกแฟ้ม ไม่มีข้อมูลใดเปลี่ยนแปลง โปรดเลือกแฟ้มแล้วกดอีกครั้ง"
    english = "No file was chosen and nothing was changed. Choose a file and press again."


class CheckRunning(WebError):
    """A thorough check was asked for while one is under way."""

    code = "SRB-546"
    thai = "กำลังตรวจทั้งฐานข้อมูลอยู่แล้ว งานลงทะเบียนทำต่อได้ โปรดรอสักครู่แล้วเปิดหน้าสถานะใหม่"
    english = (
        "The whole database is being checked already. Registering goes on; "
        "wait a little and open the status page again."
    )


class NoSuchReservation(WebError):
    """There is no such reserved number that waits for its letter."""

    code = "SRB-547"
    thai = (
        "ไม่พบเลขจองนี้ อาจออกหนังสือไปแล้ว ยกเลิกแล้ว หรือเลยวันที่จองไว้ "
        "ยังไม่มีเลขใดถูกใช้ ดูเลขที่จองอยู่ได้ในหน้าจองเลข"
    )
    english = (
        "There is no such reserved number: its letter may be registered already, or it was "
        "cancelled or has run out. No number was used; see the page of reserved numbers."
    )


class TooManyNumbers(WebError):
    """More numbers were asked for at once than can be, or none."""

    code = "SRB-548"
    thai = "ขอได้ครั้งละ 1 ถึง {most} เลข ยังไม่ได้ส่งคำขอ โปรดแก้จำนวนแล้วกดอีกครั้ง"
    english = (
        "From 1 to {most} numbers can be asked for at once. Nothing was asked for yet; "
        "correct the count and press again."
    )


class NoBackupsHere(WebError):
    """A backup was asked for where nothing makes any."""

    code = "SRB-549"
    thai = "หน้านี้สั่งสำรองข้อมูลไม่ได้ ข้อมูลยังอยู่ครบ ให้ผู้ดูแลระบบสั่ง scripts/backup"
    english = (
        "Backups cannot be started from this page. The data is safe; let the administrator run "
        "scripts/backup."
    )


STATUS: Final[dict[type[SarabanError], int]] = {
    FormAlreadySent: 409,
    LikelyDuplicate: 409,
    NoSuchArrival: 404,
    NoSuchFile: 404,
    KeyMissing: 400,
    NoFileChosen: 422,
    CheckRunning: 409,
    NoSuchReservation: 404,
    NoBackupsHere: 503,
}
