"""What can go wrong with who a machine is: fences, twins, forks, in sentences that lead on."""

from saraban_sync.errors import SarabanError


class TwinFound(SarabanError):
    """Two machines work under one name."""

    code = "SRB-370"
    thai = (
        "พบเครื่องสองเครื่องใช้ชื่อเดียวกัน ระบบหยุดออกเลขทั้งสองเครื่อง ข้อมูลของทั้งสองเครื่องยังอยู่ครบ "
        "เปิดหน้า “เครื่องนี้หยุดออกเลข” ทั้งสองเครื่อง "
        "แล้วโทรบอกรหัสเครื่องแก่ผู้ดูแลระบบส่วนกลางเพื่อเลือกเครื่องที่ใช้ชื่อเดิมต่อ"
    )
    english = (
        "Two machines work under one name. Both have stopped numbering and both keep all their "
        "data. Open the page “This machine gives no numbers” on both and read the machine codes "
        "to the administrator at the centre, who chooses which of them keeps the name."
    )


class Superseded(SarabanError):
    """Another database of this node has begun a newer epoch."""

    code = "SRB-371"
    thai = (
        "มีเครื่องอื่นรับช่วงชื่อของเครื่องนี้ไปแล้ว เครื่องนี้จึงหยุดออกเลข ข้อมูลยังอยู่ครบและค้นอ่านได้ "
        "หากเครื่องนี้ไม่ใช้แล้วให้ปิดเครื่อง หากยังใช้ ให้ขอรหัสแยกเครื่องจากผู้ดูแลระบบส่วนกลาง"
    )
    english = (
        "Another machine has taken over this one's name, so this one has stopped numbering. Its "
        "data are whole and can be read. Switch it off if it is no longer used; otherwise ask the "
        "administrator at the centre for a fork code."
    )


class NotStated(SarabanError):
    """Lifting the fence needs the last number on paper of every series, or that nobody knows it."""

    code = "SRB-372"
    thai = (
        "ยังไม่ได้ระบุเลขสุดท้ายบนกระดาษของ{register_th}ปี {year} ยังไม่มีการเปลี่ยนแปลงใด "
        "โปรดดูเลขสุดท้ายในสมุดหรือสำเนา กรอกเลขนั้น หรือเลือก “ไม่ทราบ”"
    )
    english = (
        "The last number on paper of the {register_en} register of {year} is not stated. Nothing "
        "was changed. Look it up in the printed register or on copies and enter it, or choose "
        "“unknown”."
    )


class PaperTooLow(SarabanError):
    """The number read from paper is lower than one that is known to have been given."""

    code = "SRB-373"
    thai = (
        "เลขสุดท้ายบนกระดาษที่กรอก ({paper}) ต่ำกว่าเลขที่ทราบแน่ว่าออกแล้ว ({known}) ใน{register_th}ปี {year} "
        "ยังไม่มีการเปลี่ยนแปลงใด โปรดดูกระดาษอีกครั้ง แล้วกรอก {known} หรือมากกว่า"
    )
    english = (
        "The last number on paper ({paper}) is lower than {known}, which is known to have been "
        "given in the {register_en} register of {year}. Nothing was changed. Look at the paper "
        "again and enter {known} or more."
    )


class PaperTooHigh(SarabanError):
    """The number read from paper lies beyond every range that the node is known to hold."""

    code = "SRB-374"
    thai = (
        "เลขสุดท้ายบนกระดาษที่กรอก ({paper}) เกินช่วงเลขที่เครื่องนี้มี (ถึง {last}) ใน{register_th}ปี {year} "
        "ยังไม่มีการเปลี่ยนแปลงใด โปรดตรวจเลขอีกครั้ง หากถูกต้องให้เลือก “ไม่ทราบ” ระบบจะขอช่วงเลขใหม่"
    )
    english = (
        "The last number on paper ({paper}) lies beyond the ranges of this node, which end at "
        "{last} in the {register_en} register of {year}. Nothing was changed. Check the number; if "
        "it is right, choose “unknown” and a new range will be asked for."
    )


class CentreDecides(SarabanError):
    """This fence can be lifted only once the administrator at the centre has chosen."""

    code = "SRB-375"
    thai = (
        "เปิดการออกเลขของเครื่องนี้เองไม่ได้ เพราะอาจมีเครื่องอื่นใช้ชื่อเดียวกันอยู่ ข้อมูลยังอยู่ครบ "
        "โปรดเชื่อมต่อส่วนกลาง แล้วโทรบอกรหัสเครื่อง {machine} แก่ผู้ดูแลระบบส่วนกลาง"
    )
    english = (
        "Numbering cannot be allowed from here, because another machine may be working under the "
        "same name. All data are safe. Connect to the centre, then read the machine code {machine} "
        "to its administrator."
    )


class EpochRefused(SarabanError):
    """The centre gave no new epoch."""

    code = "SRB-376"
    thai = (
        "ส่วนกลางยังไม่ให้เครื่องนี้ออกเลขต่อ ({why}) ยังไม่มีการเปลี่ยนแปลงใดและข้อมูลยังอยู่ครบ "
        "โปรดโทรแจ้งผู้ดูแลระบบส่วนกลาง พร้อมรหัสเครื่อง {machine}"
    )
    english = (
        "The centre does not let this machine go on numbering yet ({why}). Nothing was changed and "
        "all data are safe. Telephone the administrator at the centre and read out the machine "
        "code {machine}."
    )


class NotFenced(SarabanError):
    """Only a machine that is stopped can be given another name."""

    code = "SRB-377"
    thai = (
        "เครื่องนี้ออกเลขได้ตามปกติ จึงไม่ต้องแยกเครื่อง ยังไม่มีการเปลี่ยนแปลงใด "
        "หากต้องการแยกเครื่องอื่น โปรดใช้รหัสที่เครื่องนั้น"
    )
    english = (
        "This machine numbers as usual and needs no fork. Nothing was changed. "
        "If another machine is to be forked, use the code there."
    )


class Renamed(SarabanError):
    """The node has got another name since this program was started."""

    code = "SRB-378"
    thai = "เครื่องนี้ได้ชื่อใหม่แล้ว ({node}) ยังไม่มีเลขใดถูกใช้ โปรดเริ่มโปรแกรมใหม่แล้วทำงานต่อ"
    english = (
        "This machine has a new name now ({node}). No number was used. "
        "Start the program again and go on."
    )


class ForkRefused(SarabanError):
    """What the centre answered to a fork code does not fit this machine."""

    code = "SRB-379"
    thai = (
        "แยกเครื่องไม่สำเร็จ ({why}) เครื่องนี้ยังเป็นเครื่องเดิมและข้อมูลยังอยู่ครบ "
        "โปรดขอรหัสแยกเครื่องใหม่จากผู้ดูแลระบบส่วนกลาง"
    )
    english = (
        "The machine was not forked ({why}). It is what it was and all data are safe; "
        "ask the administrator at the centre for a new fork code."
    )
