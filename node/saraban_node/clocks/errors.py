"""A clock that cannot be believed, in sentences for the clerk."""

from saraban_sync.errors import SarabanError


class ClockUntrusted(SarabanError):
    """No number is given, because nobody can say what day it is."""

    code = "SRB-340"
    thai = (
        "นาฬิกาของเครื่องแสดง {shown_th} ซึ่งยังเชื่อถือไม่ได้ ยังไม่มีเลขใดถูกใช้และแบบร่างยังอยู่ "
        "โปรดให้{who_th}ตรวจและยืนยันวันและเวลา หรือรอให้เครื่องต่อกับส่วนกลางได้"
    )
    english = (
        "This machine's clock shows {shown_en}, which cannot be trusted. No number was used and "
        "your draft is kept. Have {who_en} check and confirm date and time, or wait until the "
        "machine reaches the centre."
    )


class ClockBehind(ClockUntrusted):
    """The clock shows a moment that has passed already."""

    code = "SRB-341"
    thai = (
        "นาฬิกาของเครื่องแสดง {shown_th} แต่เวลาผ่าน {expected_th} มาแล้ว "
        "ยังไม่มีเลขใดถูกใช้ แบบร่างและข้อมูลเดิมยังอยู่ครบ โปรดให้ช่างตั้งนาฬิกาให้ถูก "
        "หากวันและเวลาที่แสดงถูกต้องแล้ว ให้{who_th}ยืนยัน หรือรอให้เครื่องต่อกับส่วนกลางได้"
    )
    english = (
        "This machine's clock shows {shown_en}, but {expected_en} has passed already. No number "
        "was used; your draft and all data are safe. Have a technician set the clock. If what it "
        "shows is right, have {who_en} confirm it, or wait until the machine reaches the centre."
    )


class ClockStepped(ClockUntrusted):
    """The clock was set while the machine was running, or the centre found it wrong."""

    code = "SRB-342"
    thai = (
        "นาฬิกาของเครื่องแสดง {shown_th} แต่ควรเป็น {expected_th} เพราะถูกตั้งใหม่หรือเดินผิด "
        "ยังไม่มีเลขใดถูกใช้และแบบร่างยังอยู่ โปรดให้ช่างตั้งนาฬิกาให้ถูก "
        "หากวันและเวลาที่แสดงถูกต้องแล้ว ให้{who_th}ยืนยัน หรือรอให้เครื่องต่อกับส่วนกลางได้"
    )
    english = (
        "This machine's clock shows {shown_en}, but it should be {expected_en}: it was set, or it "
        "is wrong. No number was used and your draft is kept. Have a technician set the clock. If "
        "what it shows is right, have {who_en} confirm it, or wait until the machine reaches the "
        "centre."
    )


class ClockJumped(ClockUntrusted):
    """The machine was started, and its clock is far ahead of the last moment known."""

    code = "SRB-343"
    thai = (
        "เครื่องเพิ่งเปิดใหม่และนาฬิกาแสดง {shown_th} ทั้งที่เวลาล่าสุดที่รู้แน่คือ {expected_th} "
        "ยังไม่มีเลขใดถูกใช้และแบบร่างยังอยู่ หากปิดเครื่องไว้นานจริง ให้{who_th}ยืนยันวันและเวลา "
        "หากไม่ใช่ โปรดให้ช่างตั้งนาฬิกาให้ถูก หรือรอให้เครื่องต่อกับส่วนกลางได้"
    )
    english = (
        "The machine was just started and its clock shows {shown_en}, while the last moment known "
        "is {expected_en}. No number was used and your draft is kept. If it was off that long, "
        "have {who_en} confirm date and time. If not, have a technician set the clock, or wait "
        "until the machine reaches the centre."
    )


class ClockUnknown(ClockUntrusted):
    """The machine was started, and nothing kept the time while it was off."""

    code = "SRB-344"
    thai = (
        "เครื่องเพิ่งเปิดใหม่และไม่มีนาฬิกาที่เดินต่อขณะปิดเครื่อง ตอนนี้แสดง {shown_th} "
        "ยังไม่มีเลขใดถูกใช้และแบบร่างยังอยู่ โปรดเทียบกับปฏิทินและนาฬิกาอื่น "
        "แล้วให้{who_th}ยืนยันวันและเวลาหนึ่งครั้ง หรือรอให้เครื่องต่อกับส่วนกลางได้"
    )
    english = (
        "The machine was just started and has no clock that runs while it is off; it shows "
        "{shown_en}. No number was used and your draft is kept. Compare with a calendar and "
        "another clock and have {who_en} confirm date and time once, or wait until the machine "
        "reaches the centre."
    )


class YearGoneBack(ClockUntrusted):
    """Numbers of a later year have been given, and only a battery clock says it is earlier."""

    code = "SRB-345"
    thai = (
        "นาฬิกาของเครื่องแสดง {shown_th} แต่เครื่องนี้ออกเลขปี {newest} ไปแล้ว "
        "ยังไม่มีเลขใดถูกใช้และแบบร่างยังอยู่ หากวันและเวลาที่แสดงถูกต้อง ให้{who_th}ยืนยัน "
        "หากไม่ใช่ โปรดให้ช่างตั้งนาฬิกาให้ถูก หรือรอให้เครื่องต่อกับส่วนกลางได้"
    )
    english = (
        "This machine's clock shows {shown_en}, but numbers of {newest} have been given here. No "
        "number was used and your draft is kept. If what it shows is right, have {who_en} confirm "
        "it. If not, have a technician set the clock, or wait until the machine reaches the centre."
    )


class ClockMoved(SarabanError):
    """What a person confirms was shown too long ago, or the clock was set meanwhile."""

    code = "SRB-346"
    thai = (
        "วันและเวลาที่ยืนยันไม่ตรงกับนาฬิกาของเครื่องในขณะนี้ ซึ่งแสดง {shown_th} "
        "ยังไม่มีการเปลี่ยนแปลงใด โปรดตรวจวันและเวลาที่แสดงแล้วยืนยันอีกครั้ง"
    )
    english = (
        "What was confirmed is not what this machine's clock shows now: {shown_en}. Nothing was "
        "changed; check the date and time shown and confirm again."
    )


class AdministratorConfirms(SarabanError):
    """A clerk confirmed what only an administrator may."""

    code = "SRB-347"
    thai = (
        "วันและเวลานี้ต้องให้ผู้ดูแลระบบยืนยัน เพราะจะเปิดปีใหม่หรือมีผลต่อลำดับวันในทะเบียน "
        "ยังไม่มีการเปลี่ยนแปลงใด โปรดแจ้งผู้ดูแลระบบของหน่วยงาน"
    )
    english = (
        "This date and time must be confirmed by an administrator, because it opens a year or "
        "touches the order of days in the register. Nothing was changed; tell your office's "
        "administrator."
    )
