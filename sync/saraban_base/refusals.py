"""What a person at a keyboard can run into on either appliance: accounts and pages (SRB-5xx).

Each sentence says what happened, what is safe, and what to do next. They stand together because
node and centre show the same ones; what only one appliance can refuse stands in that appliance.
"""

from saraban_sync.errors import SarabanError


class WebError(SarabanError):
    """Something about an account or a page."""

    code = "SRB-500"


class WrongPassword(WebError):
    """User name and password do not belong together; which of the two is not said."""

    code = "SRB-501"
    thai = (
        "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง ตรวจสอบแป้นพิมพ์ไทย/อังกฤษและ Caps Lock แล้วลองใหม่ "
        "หากลืมรหัสผ่าน โปรดแจ้งผู้ดูแลระบบ"
    )
    english = (
        "User name or password is not right. Check the keyboard language and Caps Lock and try "
        "again; if the password is forgotten, ask the administrator for a new one."
    )


class TooManyAttempts(WebError):
    """Too many wrong passwords: a pause, never a lock-out."""

    code = "SRB-502"
    thai = "ใส่รหัสผ่านผิดหลายครั้ง เพื่อความปลอดภัยโปรดรออีก {seconds} วินาทีแล้วลองใหม่ บัญชีไม่ได้ถูกปิด"
    english = (
        "Too many wrong passwords. Wait {seconds} seconds and try again; "
        "the account has not been closed."
    )


class OneTimePasswordExpired(WebError):
    """A first password was not used in time."""

    code = "SRB-503"
    thai = "รหัสผ่านชั่วคราวหมดอายุแล้ว บัญชียังอยู่ โปรดขอรหัสผ่านชั่วคราวใหม่จากผู้ดูแลระบบ"
    english = (
        "The one-time password has expired; the account is still there. "
        "Ask the administrator for a new password."
    )


class SessionEnded(WebError):
    """Nobody is logged in any more."""

    code = "SRB-504"
    thai = "หมดเวลาใช้งานหรือยังไม่ได้เข้าสู่ระบบ ข้อมูลที่บันทึกแล้วยังอยู่ครบ โปรดเข้าสู่ระบบแล้วทำต่อ"
    english = (
        "You are not logged in, or were away too long. What was saved is safe; log in and go on."
    )


class FormExpired(WebError):
    """A form without its token: another log-in, another site, or a page kept too long."""

    code = "SRB-505"
    thai = "แบบฟอร์มนี้ไม่ตรงกับการเข้าสู่ระบบปัจจุบัน ยังไม่มีการบันทึกหรือออกเลขใด ๆ โปรดเปิดหน้านี้ใหม่แล้วทำอีกครั้ง"
    english = (
        "This form does not belong to the present log-in. Nothing was saved and no number was "
        "issued; open the page again and repeat."
    )


class NotAllowed(WebError):
    """The person's role does not reach this far."""

    code = "SRB-506"
    thai = "บัญชีของท่านไม่มีสิทธิทำรายการนี้ ไม่มีข้อมูลใดเปลี่ยนแปลง หากจำเป็นต้องใช้ โปรดแจ้งผู้ดูแลระบบ"
    english = (
        "Your account does not have the right to do this, and nothing was changed. "
        "If you need it, ask the administrator."
    )


class PageNotFound(WebError):
    """There is nothing at this address."""

    code = "SRB-507"
    thai = "ไม่พบหน้านี้ ที่อยู่อาจพิมพ์ผิดหรือรายการไม่มีอยู่ ใช้ช่องค้นหาหรือเมนูเพื่อไปต่อ"
    english = (
        "There is nothing at this address: it may be mistyped, or there is no such entry. "
        "Use the search or the menu."
    )


class WrongMethod(WebError):
    """A page was called in a way it does not offer."""

    code = "SRB-508"
    thai = "หน้านี้เปิดด้วยวิธีนี้ไม่ได้ ไม่มีข้อมูลใดเปลี่ยนแปลง โปรดกลับไปใช้เมนู"
    english = "This page cannot be used in that way. Nothing was changed; go back to the menu."


class TooLarge(WebError):
    """More bytes than the appliance takes at once."""

    code = "SRB-509"
    thai = (
        "ข้อมูลที่ส่งมีขนาดเกิน {limit} MB จึงไม่ได้รับไว้ ยังไม่มีการออกเลข "
        "กดย้อนกลับ ข้อความที่พิมพ์ยังอยู่ แล้วลดขนาดแฟ้มหรือแนบทีละแฟ้ม"
    )
    english = (
        "What was sent is over {limit} MB and was not taken in; no number was issued. Go back, "
        "what you typed is still there; make the files smaller or attach them one at a time."
    )


class PasswordTooShort(WebError):
    """A new password is too short."""

    code = "SRB-510"
    thai = "รหัสผ่านใหม่สั้นเกินไป ต้องยาวอย่างน้อย {shortest} ตัวอักษร แนะนำ 15 ตัวขึ้นไป เช่น คำ 3–4 คำต่อกัน"
    english = (
        "The new password is too short: at least {shortest} characters, better 15, "
        "such as three or four words together."
    )


class PasswordTooLong(WebError):
    """A new password is too long."""

    code = "SRB-511"
    thai = "รหัสผ่านใหม่ยาวเกิน {longest} ตัวอักษร โปรดตั้งให้สั้นลง"
    english = "The new password is longer than {longest} characters. Choose a shorter one."


class PasswordCommon(WebError):
    """A new password is among the first that anybody would try."""

    code = "SRB-512"
    thai = "รหัสผ่านนี้เดาง่าย (คำทั่วไป ชื่อผู้ใช้ ชื่อหน่วยงาน หรือตัวเลขเรียง) โปรดตั้งใหม่ เช่น คำ 3–4 คำที่ไม่เกี่ยวกัน"
    english = (
        "This password is easily guessed (a common word, the user name, the office or digits in "
        "order). Choose another, such as three or four unrelated words."
    )


class PasswordsDiffer(WebError):
    """The new password was not typed the same twice."""

    code = "SRB-513"
    thai = "รหัสผ่านใหม่ทั้งสองช่องไม่ตรงกัน รหัสผ่านเดิมยังใช้ได้ โปรดพิมพ์ใหม่ทั้งสองช่อง"
    english = "The two new passwords are not the same. The old one still holds; type both again."


class PasswordUnchanged(WebError):
    """The new password is the old one."""

    code = "SRB-514"
    thai = "รหัสผ่านใหม่ต้องไม่เหมือนรหัสผ่านเดิม โปรดตั้งใหม่"
    english = "The new password is the same as the old one. Choose another."


class MustChangePassword(WebError):
    """A one-time password opens only the page where the own password is chosen."""

    code = "SRB-515"
    thai = "ต้องตั้งรหัสผ่านของท่านเองก่อนเริ่มใช้งาน"
    english = "Choose a password of your own before you begin."


class WrongHost(WebError):
    """The address in the browser is none of this appliance's."""

    code = "SRB-516"
    thai = "ที่อยู่เว็บนี้ไม่ใช่ของเครื่องนี้ โปรดใช้ที่อยู่ที่ผู้ดูแลระบบให้ไว้"
    english = (
        "This web address does not belong to this machine. Use the one the administrator gave you."
    )


class BadRequest(WebError):
    """A request that cannot be understood."""

    code = "SRB-517"
    thai = "เครื่องอ่านคำขอนี้ไม่ได้ ไม่มีข้อมูลใดเปลี่ยนแปลง โปรดเปิดหน้านี้ใหม่แล้วลองอีกครั้ง"
    english = "The request could not be read. Nothing was changed; open the page again and repeat."


class WrongFields(WebError):
    """Some fields of a form need the person's attention.

    Args:
        problems: what is wrong, by field.
    """

    code = "SRB-518"
    thai = "ยังไม่ได้บันทึกและยังไม่ได้ออกเลข โปรดแก้ช่องที่มีข้อความกำกับแล้วส่งอีกครั้ง"
    english = (
        "Nothing was saved and no number was issued yet. Correct the marked fields and send again."
    )

    def __init__(self, problems: dict[str, SarabanError]) -> None:
        super().__init__(f"fields {', '.join(problems)}")
        self.problems = problems


class FieldMissing(WebError):
    """A field that must be filled in is empty."""

    code = "SRB-519"
    thai = "ต้องกรอกช่องนี้"
    english = "This field must be filled in."


class FieldTooLong(WebError):
    """A field holds too much text."""

    code = "SRB-520"
    thai = "ข้อความยาวเกิน {limit} ตัวอักษร โปรดย่อให้สั้นลง"
    english = "The text is longer than {limit} characters. Shorten it."


class NotADate(WebError):
    """A date that cannot be read."""

    code = "SRB-521"
    thai = "อ่านวันที่ไม่ได้ โปรดพิมพ์เป็น วัน/เดือน/ปี พ.ศ. เช่น 7/6/2569 หรือ 7 มิ.ย. 69"
    english = (
        "The date cannot be read. Type day/month/Buddhist year, such as 7/6/2569 or 7 มิ.ย. 69."
    )


class NotAChoice(WebError):
    """A value that is not among those offered."""

    code = "SRB-522"
    thai = "ค่าที่เลือกไม่มีในรายการ โปรดเลือกใหม่"
    english = "This choice is not in the list. Choose again."


class NotANumber(WebError):
    """A field for a number holds something else."""

    code = "SRB-527"
    thai = "ช่องนี้ต้องเป็นตัวเลขล้วน เลขไทยหรืออารบิกก็ได้ โปรดพิมพ์ใหม่"
    english = "This must be a number, in digits alone. Type it again."


class UsernameTaken(WebError):
    """Another account has this user name."""

    code = "SRB-523"
    thai = "ชื่อผู้ใช้ “{username}” มีอยู่แล้ว โปรดใช้ชื่ออื่น"
    english = "The user name “{username}” is already in use. Choose another."


class UsernameInvalid(WebError):
    """A user name with characters that are hard to type or tell apart."""

    code = "SRB-524"
    thai = "ชื่อผู้ใช้ใช้ได้เฉพาะ a–z ตัวเลข จุด และขีด ยาว 2–32 ตัว ขึ้นต้นด้วยตัวอักษร โปรดแก้ชื่อ"
    english = (
        "A user name has 2 to 32 of a–z, digits, dot and hyphen and begins with a letter. "
        "Correct the name."
    )


class NoSuchPerson(WebError):
    """There is no such account."""

    code = "SRB-525"
    thai = "ไม่พบบัญชีผู้ใช้นี้ ไม่มีข้อมูลใดเปลี่ยนแปลง โปรดเลือกจากรายชื่อ"
    english = "There is no such account. Nothing was changed; choose from the list."


class LastAdministrator(WebError):
    """The last account that can manage accounts would be gone."""

    code = "SRB-526"
    thai = "ต้องมีผู้ดูแลระบบที่ใช้งานได้อย่างน้อยหนึ่งคน ไม่มีข้อมูลใดเปลี่ยนแปลง โปรดตั้งผู้ดูแลคนอื่นก่อน"
    english = (
        "At least one administrator must remain in use. Nothing was changed; "
        "make somebody else an administrator first."
    )
