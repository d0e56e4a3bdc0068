"""What can go wrong at the centre, in words for the administrator; codes SRB-200 to SRB-249."""

from saraban_sync.errors import SarabanError


class Raced(SarabanError):
    """Another writer was faster; read again and decide again."""

    code = "SRB-200"
    thai = "มีผู้อื่นแก้ไขข้อมูลเดียวกันพร้อมกัน ยังไม่มีอะไรเปลี่ยนแปลงจากคำสั่งนี้ โปรดลองอีกครั้ง"
    english = (
        "Somebody else changed the same thing at the same moment. "
        "This command changed nothing; try again."
    )


class ConfigProblem(SarabanError):
    """The settings file is missing or says something it must not."""

    code = "SRB-201"
    thai = "อ่านแฟ้มตั้งค่า {file} ไม่ได้: {problem} ระบบยังไม่เริ่มทำงาน โปรดแก้ไขแล้วเริ่มใหม่"
    english = (
        "The settings file {file} cannot be used: {problem}. Nothing was started; "
        "correct it and start again."
    )


class KeyProblem(SarabanError):
    """The centre's key file is missing, damaged or readable by others."""

    code = "SRB-202"
    thai = "แฟ้มกุญแจของส่วนกลาง {file} ใช้ไม่ได้: {problem} อย่าสร้างกุญแจใหม่ทับ โปรดกู้แฟ้มเดิมคืนจากชุดสำรอง"
    english = (
        "The centre's key file {file} cannot be used: {problem}. "
        "Do not make a new key over it; bring the old file back from a backup."
    )


class NotACentre(SarabanError):
    """The folder holds no centre yet."""

    code = "SRB-203"
    thai = "โฟลเดอร์ {folder} ยังไม่ได้ตั้งเป็นส่วนกลาง ใช้คำสั่ง saraban-central init ก่อน"
    english = "The folder {folder} holds no centre yet. Run: saraban-central init."


class AlreadyACentre(SarabanError):
    """The folder was set up before."""

    code = "SRB-204"
    thai = "โฟลเดอร์ {folder} ตั้งเป็นส่วนกลางไว้แล้ว ไม่มีอะไรเปลี่ยนแปลง"
    english = "The folder {folder} already holds a centre. Nothing was changed."


class UnknownOffice(SarabanError):
    """No office has this code."""

    code = "SRB-210"
    thai = "ไม่มีหน่วยงานรหัส “{office}” โปรดเพิ่มด้วยคำสั่ง saraban-central office add ก่อน"
    english = "There is no office “{office}”. Add it first with: saraban-central office add."


class OfficeExists(SarabanError):
    """The code belongs to another office."""

    code = "SRB-211"
    thai = "รหัส “{office}” เป็นของ {name} แล้ว โปรดใช้รหัสอื่น"
    english = "The code “{office}” already belongs to {name}. Choose another code."


class UnknownNode(SarabanError):
    """No node has this name."""

    code = "SRB-212"
    thai = "ไม่มีเครื่องชื่อ “{node}” ดูรายชื่อได้ด้วยคำสั่ง saraban-central nodes"
    english = "There is no node “{node}”. List them with: saraban-central nodes."


class NodeExists(SarabanError):
    """The name belongs to another node."""

    code = "SRB-213"
    thai = "ชื่อเครื่อง “{node}” มีผู้ใช้แล้ว โปรดใช้ชื่ออื่น"
    english = "The node name “{node}” is taken. Choose another name."


class BadPrefix(SarabanError):
    """An office's name or letter prefix is empty or too long."""

    code = "SRB-214"
    thai = "{what_th}ต้องมีอักษร 1–{limit} ตัว โปรดแก้ไขแล้วลองใหม่"
    english = "{what_en} must have 1 to {limit} characters; correct it and try again."


class BadCode(SarabanError):
    """An enrolment code is wrong, used or too old."""

    code = "SRB-220"
    thai = "รหัสลงทะเบียนเครื่องไม่ถูกต้อง ใช้ไปแล้ว หรือหมดอายุ โปรดขอรหัสใหม่จากผู้ดูแลระบบส่วนกลาง"
    english = (
        "The enrolment code is wrong, already used or too old. "
        "Ask the administrator at the centre for a new one."
    )


class TooManyTries(SarabanError):
    """Too many wrong enrolment codes."""

    code = "SRB-221"
    thai = "ใส่รหัสลงทะเบียนผิดหลายครั้งเกินไป โปรดรอ {minutes} นาทีแล้วลองใหม่"
    english = "Too many wrong enrolment codes. Wait {minutes} minutes, then try again."


class BadKey(SarabanError):
    """A node offered a public key that is none, or another node's."""

    code = "SRB-222"
    thai = "กุญแจสาธารณะของเครื่องใช้ไม่ได้ ยังไม่ได้ลงทะเบียนเครื่อง โปรดเริ่มตั้งค่าเครื่องใหม่"
    english = "The node's public key cannot be used. Nothing was enrolled; set the node up again."


class PastYear(SarabanError):
    """Numbers of a year that is over, or too far ahead, are not granted."""

    code = "SRB-230"
    thai = "ให้ช่วงเลขของปี {year} ไม่ได้ ให้ได้เฉพาะปี {this} และ {next}"
    english = "Numbers of {year} cannot be granted; only those of {this} and {next}."


class BadSize(SarabanError):
    """A range of no numbers, or of far too many."""

    code = "SRB-231"
    thai = "จำนวนเลขต้องอยู่ระหว่าง 1 ถึง {limit} และเลขสุดท้ายไม่เกิน {highest}"
    english = (
        "The count of numbers must be from 1 to {limit}, and the last number at most {highest}."
    )


class RangeTaken(SarabanError):
    """Numbers that were granted before are not granted again."""

    code = "SRB-232"
    thai = "เลข {first}–{last} คาบเกี่ยวกับช่วงที่ให้ไปแล้ว ไม่มีการให้เลขใด ใช้ได้ตั้งแต่เลข {free}"
    english = (
        "The numbers {first}–{last} overlap a range that was granted before. Nothing was granted; "
        "the first free number is {free}."
    )


class OfficeWithoutNode(SarabanError):
    """Numbers are for an office whose letters no node takes yet."""

    code = "SRB-234"
    thai = "หน่วยงาน “{office}” ยังไม่มีเครื่อง โปรดลงทะเบียนเครื่องก่อน หรือระบุเครื่องด้วย --node"
    english = "The office “{office}” has no node yet. Enrol one first, or name a node with --node."


class NodeRevoked(SarabanError):
    """The node may no longer take part."""

    code = "SRB-233"
    thai = "เครื่อง “{node}” ถูกเพิกถอนแล้ว ให้ช่วงเลขไม่ได้"
    english = "The node “{node}” was revoked; it gets no more numbers."


class NoSuchRequest(SarabanError):
    """No request for numbers has this key."""

    code = "SRB-235"
    thai = "ไม่มีคำขอเลข “{request}” ดูคำขอที่รออยู่ได้ด้วยคำสั่ง saraban-central numbers requests"
    english = (
        "There is no request “{request}” for numbers. "
        "List those that wait with: saraban-central numbers requests."
    )


class RequestDone(SarabanError):
    """A request for numbers was answered before; it is never answered twice."""

    code = "SRB-236"
    thai = "คำขอเลข {request} ดำเนินการแล้วโดย {by} เมื่อ {when} ไม่มีการให้เลขซ้ำ"
    english = (
        "The request {request} was answered by {by} at {when} already; nothing was granted twice."
    )


class ReasonNeeded(SarabanError):
    """A request is not declined without a word."""

    code = "SRB-237"
    thai = "โปรดระบุเหตุผลที่ไม่ให้เลข หน่วยงานจะเห็นเหตุผลนี้เมื่อโทรถาม"
    english = "Say why the numbers are not granted; the office will ask."


class NoSuchGrant(SarabanError):
    """No range was granted under this name."""

    code = "SRB-238"
    thai = "ไม่มีช่วงเลขชื่อ “{grant}” ของเครื่อง {node} ดูช่วงเลขได้ที่หน้า “เลขทะเบียน”"
    english = "No range “{grant}” was granted to {node}. See the page “Numbers”."


class NoCredential(SarabanError):
    """A node has no secret that a code for the telephone could be made with."""

    code = "SRB-239"
    thai = "ทำรหัสทางโทรศัพท์ให้เครื่อง “{node}” ไม่ได้ เพราะไม่มีรหัสลับร่วมกับส่วนกลาง โปรดลงทะเบียนเครื่องใหม่"
    english = (
        "No code can be made for “{node}”: it shares no secret with the centre. Enrol it again."
    )


class NumberUnclear(SarabanError):
    """What was typed holds no number that could be looked up."""

    code = "SRB-240"
    thai = "ไม่พบเลขในข้อความ “{text}” พิมพ์เลขอย่างเดียว เลขทับปี หรือวางที่ของหนังสือทั้งบรรทัด"
    english = (
        "There is no number in “{text}”. Type the number alone, number/year, or paste the whole "
        "number of the letter."
    )
