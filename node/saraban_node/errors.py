"""What can go wrong at an office, in sentences for the clerk."""

from saraban_sync.errors import SarabanError


class NoRangeLeft(SarabanError):
    """The node has no number left in this series."""

    code = "SRB-301"
    thai = (
        "เลข{register_th}ปี {year} ของเครื่องนี้หมดแล้ว หนังสือยังไม่ได้ลงทะเบียนและแบบร่างยังอยู่ "
        "โปรดเชื่อมต่อส่วนกลางหรือโทรแจ้งผู้ดูแลระบบส่วนกลางเพื่อขอช่วงเลขเพิ่ม "
        "หากติดต่อไม่ได้และงานรอไม่ได้ ให้เปิดทะเบียนฉุกเฉิน"
    )
    english = (
        "This node has no number left in the {register_en} register of {year}. The letter is not "
        "registered and your draft is kept. Connect to the centre, or ask its administrator by "
        "telephone for a new range. If neither can be reached and the work cannot wait, open the "
        "emergency register."
    )


class Fenced(SarabanError):
    """The database was restored or copied, or has a twin: nothing is written for the time being."""

    code = "SRB-302"
    thai = (
        "เครื่องนี้หยุดออกเลขไว้ก่อนเพื่อกันเลขซ้ำ เพราะฐานข้อมูลกู้คืนหรือคัดลอกมา หรือมีเครื่องอื่นใช้ชื่อเดียวกัน "
        "ข้อมูลเดิมค้นและอ่านได้ โปรดให้ผู้ดูแลระบบของหน่วยงานเปิดหน้า “เครื่องนี้หยุดออกเลข” เพื่อออกเลขต่อ"
    )
    english = (
        "This machine has stopped numbering, lest a number be given twice: its database was "
        "restored or copied, or another machine has the same name. Everything can be read and "
        "searched. The office's administrator can go on from the page “This machine gives no "
        "numbers”."
    )


class SubjectMissing(SarabanError):
    """A letter without a subject."""

    code = "SRB-303"
    thai = "ยังไม่ได้กรอกเรื่อง ยังไม่มีเลขใดถูกใช้ โปรดกรอกเรื่องแล้วบันทึกอีกครั้ง"
    english = "The subject is empty. No number was used; fill in the subject and save again."


class FieldTooLong(SarabanError):
    """A field is longer than a register line can hold."""

    code = "SRB-304"
    thai = "ช่อง “{field}” ยาวเกิน {limit} ตัวอักษร ยังไม่มีเลขใดถูกใช้ โปรดย่อข้อความแล้วบันทึกอีกครั้ง"
    english = (
        "“{field}” is longer than {limit} characters. No number was used; "
        "shorten it and save again."
    )


class NoSuchEntry(SarabanError):
    """There is no such line in the registers of this office."""

    code = "SRB-305"
    thai = "ไม่พบรายการนี้ในทะเบียนของหน่วยงาน โปรดตรวจสอบเลขหรือใช้ช่องค้นหา"
    english = "No such entry in this office's registers. Check the number or use the search box."


class AlreadyVoid(SarabanError):
    """The number was cancelled before."""

    code = "SRB-306"
    thai = "เลข {number} ถูกยกเลิกไปแล้ว ไม่มีการเปลี่ยนแปลงใด ดูเหตุผลได้ในประวัติของหนังสือ"
    english = (
        "Number {number} is already cancelled; nothing was changed. The reason is in its history."
    )


class ReasonMissing(SarabanError):
    """An act that needs a reason was given none."""

    code = "SRB-307"
    thai = "ต้องระบุเหตุผล ยังไม่มีการเปลี่ยนแปลงใด โปรดกรอกเหตุผลแล้วบันทึกอีกครั้ง"
    english = "A reason is needed. Nothing was changed; fill in the reason and save again."


class UnknownOffice(SarabanError):
    """A letter is addressed to an office the directory does not know."""

    code = "SRB-308"
    thai = (
        "ไม่รู้จักหน่วยงานปลายทาง “{office}” ยังไม่มีเลขใดถูกใช้ "
        "โปรดเลือกหน่วยงานจากรายชื่อ หรือเชื่อมต่อส่วนกลางเพื่อปรับรายชื่อ"
    )
    english = (
        "The receiving office “{office}” is not known here. No number was used. Choose an office "
        "from the list, or connect to the centre to refresh the list."
    )


class AlreadyRegistered(SarabanError):
    """An arrival that already has its number."""

    code = "SRB-309"
    thai = "หนังสือฉบับนี้ลงทะเบียนรับแล้ว เลขรับ {number} ไม่มีการออกเลขใหม่"
    english = "This letter is already registered under number {number}; no new number was issued."


class FileMissing(SarabanError):
    """A letter's file is not on this machine."""

    code = "SRB-310"
    thai = "แฟ้มนี้ยังไม่อยู่ในเครื่อง หากเพิ่งได้รับหนังสือ โปรดรอให้รับส่งเสร็จ หรือแจ้งผู้ดูแลระบบเพื่อกู้จากชุดสำรอง"
    english = (
        "This file is not on this machine. If the letter has just arrived, wait until the exchange "
        "is finished; otherwise the administrator can bring it back from a backup."
    )


class FileDamaged(SarabanError):
    """A file's content is not what it was when it was put away."""

    code = "SRB-311"
    thai = "แฟ้มนี้เสียหายบนดิสก์ ระบบจึงไม่เปิดให้ ทะเบียนยังถูกต้อง โปรดแจ้งผู้ดูแลระบบเพื่อกู้แฟ้มจากชุดสำรอง"
    english = (
        "This file is damaged on the disk and is not shown. The register is correct; "
        "the administrator can bring the file back from a backup."
    )


class FileRefused(SarabanError):
    """A file that is empty, too large, or one too many."""

    code = "SRB-312"
    thai = "รับแฟ้ม “{name}” ไม่ได้ เพราะ{why_th} แบบร่างยังอยู่ โปรดเลือกแฟ้มอื่นหรือแยกแฟ้มแล้วลองใหม่"
    english = (
        "The file “{name}” cannot be taken: {why_en}. Your draft is kept; "
        "choose another file or split it, then try again."
    )


class NotSendable(SarabanError):
    """Only an outgoing letter goes to other offices, and none to its own."""

    code = "SRB-313"
    thai = (
        "ส่งทางอิเล็กทรอนิกส์ได้เฉพาะหนังสือส่งถึงหน่วยงานอื่น ไม่ใช่หนังสือรับหรือส่งถึงหน่วยงานตนเอง "
        "ยังไม่มีเลขใดถูกใช้ โปรดแก้หน่วยงานปลายทางแล้วบันทึกอีกครั้ง"
    )
    english = (
        "Only a letter of the outgoing register can be sent electronically, and not to your own "
        "office. No number was used; correct the receiving offices and save again."
    )


class NotEnrolled(SarabanError):
    """The node has not been introduced to a centre."""

    code = "SRB-320"
    thai = (
        "เครื่องนี้ยังไม่ได้ลงทะเบียนกับส่วนกลาง โปรดขอรหัสจากผู้ดูแลระบบส่วนกลาง "
        "แล้วสั่ง saraban-node init --centre … --code …"
    )
    english = (
        "This node is not enrolled with a centre. Ask the centre's administrator for a code and "
        "run: saraban-node init --centre … --code …"
    )


class CentreUnreachable(SarabanError):
    """There is no line to the centre."""

    code = "SRB-321"
    thai = "ติดต่อส่วนกลางไม่ได้ งานลงทะเบียนทำต่อได้ตามปกติ ระบบจะส่งให้เองเมื่อมีสัญญาณ (สาเหตุสำหรับช่าง: {why})"
    english = (
        "The centre cannot be reached ({why}). Go on registering as usual; "
        "everything is sent by itself when the line is back."
    )


class CentreRefused(SarabanError):
    """The centre answered, and said no."""

    code = "SRB-322"
    thai = "ส่วนกลางไม่รับการเชื่อมต่อ ({why}) ข้อมูลในเครื่องยังอยู่ครบ โปรดโทรแจ้งผู้ดูแลระบบส่วนกลาง"
    english = (
        "The centre refused this node ({why}). All data here is safe; "
        "telephone the administrator at the centre."
    )


class CentreStrange(SarabanError):
    """What answered is not the centre, or does not speak its language."""

    code = "SRB-323"
    thai = (
        "สิ่งที่ตอบกลับมาไม่ใช่ส่วนกลางของสารบรรณ ({why}) อาจติดหน้าลงชื่อเข้าใช้อินเทอร์เน็ต "
        "ข้อมูลในเครื่องยังอยู่ครบ โปรดแจ้งช่าง"
    )
    english = (
        "What answered is not the Saraban centre ({why}); perhaps the internet provider's log-in "
        "page. All data here is safe; tell the technician."
    )


class JournalsDiverge(SarabanError):
    """The centre holds another history of this node than the node itself."""

    code = "SRB-324"
    thai = (
        "ประวัติของเครื่องนี้ไม่ตรงกับที่ส่วนกลางมี (ที่ {event}) อาจมีเครื่องคู่แฝดหรือกู้คืนชุดเก่า "
        "ระบบหยุดออกเลขไว้ก่อน โปรดโทรแจ้งผู้ดูแลระบบส่วนกลาง"
    )
    english = (
        "The centre holds another history of this node (at {event}): a twin machine or an old "
        "restore. Numbering is stopped; telephone the administrator at the centre."
    )


class FolderInUse(SarabanError):
    """The folder already holds a node, or something else."""

    code = "SRB-330"
    thai = "โฟลเดอร์ {folder} มีข้อมูลอยู่แล้ว ไม่มีอะไรถูกเขียนทับ โปรดเลือกโฟลเดอร์ว่าง"
    english = (
        "The folder {folder} already holds data; nothing was overwritten. Choose an empty one."
    )


class NoNodeHere(SarabanError):
    """The folder holds no node."""

    code = "SRB-331"
    thai = "ไม่พบข้อมูลเครื่องสารบรรณใน {folder} โปรดตรวจสอบที่อยู่โฟลเดอร์ หรือสั่ง saraban-node init"
    english = "There is no node in {folder}. Check the folder, or run: saraban-node init"


class BadSettings(SarabanError):
    """The settings file is wrong."""

    code = "SRB-332"
    thai = "แฟ้มตั้งค่า {file} ไม่ถูกต้อง: {what} โปรดแก้ไขตาม docs/reference/settings.md แล้วเริ่มใหม่"
    english = (
        "The settings file {file} is wrong: {what}. "
        "Correct it as docs/reference/settings.md says and start again."
    )


class ReservationOver(SarabanError):
    """A reserved number that was used, cancelled or has run out."""

    code = "SRB-333"
    thai = (
        "เลขที่จองนี้ใช้ไม่ได้แล้ว ({why_th}) ยังไม่มีเลขใดถูกใช้และแบบร่างยังอยู่ "
        "โปรดเลือกเลขจองอื่น หรือออกเลขใหม่ตามปกติ"
    )
    english = (
        "This reserved number can no longer be used ({why_en}). No number was used and your draft "
        "is kept; choose another reserved number, or take a new number as usual."
    )


class ReservationWrong(SarabanError):
    """A reservation that cannot be made as it was asked for."""

    code = "SRB-334"
    thai = "จองเลขไม่ได้ เพราะ{why_th} ยังไม่มีเลขใดถูกใช้ โปรดแก้ไขแล้วบันทึกอีกครั้ง"
    english = (
        "The number cannot be reserved: {why_en}. No number was used; correct it and save again."
    )


class NumbersLeft(SarabanError):
    """The emergency register is not opened while ordinary numbers can be given."""

    code = "SRB-335"
    thai = "ยังมีเลขตามปกติให้ออกได้ จึงไม่เปิดทะเบียนฉุกเฉิน ยังไม่มีการเปลี่ยนแปลงใด โปรดลงทะเบียนตามปกติ"
    english = (
        "Ordinary numbers can still be given, so the emergency register stays closed. Nothing was "
        "changed; register as usual."
    )


class EmergencyClosedNow(SarabanError):
    """A letter for the emergency register while it is not open."""

    code = "SRB-336"
    thai = (
        "ทะเบียนฉุกเฉินยังไม่ได้เปิด หนังสือยังไม่ได้ลงทะเบียนและแบบร่างยังอยู่ "
        "โปรดลงทะเบียนตามปกติ หรือเปิดทะเบียนฉุกเฉินพร้อมระบุสาเหตุก่อน"
    )
    english = (
        "The emergency register is not open. The letter is not registered and your draft is kept; "
        "register as usual, or open the emergency register with its cause first."
    )


class EmergencyOpenAlready(SarabanError):
    """The emergency register is open already."""

    code = "SRB-337"
    thai = "ทะเบียนฉุกเฉินเปิดอยู่แล้ว ไม่มีการเปลี่ยนแปลงใด ลงทะเบียนในทะเบียนฉุกเฉินต่อได้เลย"
    english = (
        "The emergency register is open already; nothing was changed. Go on registering in it."
    )


class NotWhileReserved(SarabanError):
    """An act on a letter that is still only a reserved number."""

    code = "SRB-338"
    thai = "เลข {number} เป็นเลขที่จองไว้ ยังไม่มีหนังสือ โปรดออกหนังสือด้วยเลขนี้ก่อน หรือยกเลิกการจองพร้อมเหตุผล"
    english = (
        "Number {number} is only reserved and has no letter yet. Register its letter first, or "
        "cancel the reservation with a reason."
    )
