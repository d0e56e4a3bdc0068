"""What can go wrong with who a node is, and with what the centre has forgotten; SRB-260 to 279."""

from saraban_sync.errors import SarabanError


class NoTwin(SarabanError):
    """Nothing is to be decided about this node."""

    code = "SRB-260"
    thai = "เครื่อง “{node}” ไม่มีเรื่องเครื่องซ้ำที่รอตัดสินใจ ไม่มีอะไรเปลี่ยนแปลง ดูรายการได้ที่หน้า “เครื่องซ้ำ”"
    english = (
        "Nothing is to be decided about “{node}”; nothing was changed. See the page “Twins” for "
        "those that wait."
    )


class UnknownMachine(SarabanError):
    """No machine with this code showed the name."""

    code = "SRB-261"
    thai = (
        "ไม่มีเครื่องรหัส “{machine}” ในรายการของชื่อ {node} ไม่มีอะไรเปลี่ยนแปลง "
        "โปรดให้ผู้ดูแลที่หน่วยงานอ่านรหัสเครื่องจากหน้า “ตัวตนของเครื่อง” อีกครั้ง"
    )
    english = (
        "No machine with the code “{machine}” has shown the name {node}; nothing was changed. Have "
        "the code read out again from the page “Identity of this machine”."
    )


class CannotKeep(SarabanError):
    """The centre holds another machine's journal under this name."""

    code = "SRB-262"
    thai = (
        "ให้เครื่อง {machine} ใช้ชื่อเดิมต่อไม่ได้ เพราะสิ่งที่เครื่องนี้บันทึกแยกจากที่ส่วนกลางเก็บไว้แล้ว "
        "ข้อมูลทั้งสองฝั่งยังอยู่ครบ โปรดเลือกอีกเครื่องหนึ่ง แล้วออกรหัสแยกเครื่องให้เครื่องนี้"
    )
    english = (
        "The machine {machine} cannot keep the name: what it wrote has parted from what the centre "
        "holds. Both are kept whole. Choose the other machine and make a fork code for this one."
    )


class KeepsName(SarabanError):
    """The machine that keeps the name can neither be gone nor forked."""

    code = "SRB-263"
    thai = "เครื่อง {machine} ถูกเลือกให้ใช้ชื่อเดิมต่อ ไม่มีอะไรเปลี่ยนแปลง หากเลือกผิดให้เลือกเครื่องอื่นก่อน"
    english = (
        "The machine {machine} was chosen to keep the name; nothing was changed. If that was a "
        "mistake, choose another machine first."
    )


class SeriesClosed(SarabanError):
    """The centre was set back and does not know yet which numbers it had granted."""

    code = "SRB-264"
    thai = (
        "ยังให้เลขปี {year} ของหน่วยงาน “{office}” ไม่ได้ เพราะส่วนกลางถูกกู้คืนจากชุดสำรอง "
        "และเครื่อง {nodes} ยังไม่ได้ส่งข้อมูลกลับมาครบ ไม่มีการให้เลขใด "
        "โปรดให้เครื่องเชื่อมต่อ หรือเปิดให้เลขโดยเว้นเลขเผื่อที่หน้า “ส่วนกลางถูกกู้คืน”"
    )
    english = (
        "Numbers of {year} cannot be granted to “{office}” yet: the centre was restored from a "
        "backup, and {nodes} has not brought everything back. Nothing was granted. Have the "
        "machine connect, or reopen the series with a guard on the page “Centre restored”."
    )


class BadGuard(SarabanError):
    """So many numbers cannot be left out."""

    code = "SRB-265"
    thai = "จำนวนเลขที่เว้นเผื่อต้องอยู่ระหว่าง 0 ถึง {limit} ไม่มีอะไรเปลี่ยนแปลง"
    english = "The guard must be from 0 to {limit} numbers; nothing was changed."


class SeriesOpen(SarabanError):
    """There is nothing to reopen."""

    code = "SRB-266"
    thai = "เลขปี {year} ของหน่วยงาน “{office}” ให้ได้ตามปกติอยู่แล้ว จึงไม่ต้องเปิดใหม่ ไม่มีอะไรเปลี่ยนแปลง"
    english = (
        "Numbers of {year} can be granted to “{office}” as usual; there is nothing to reopen and "
        "nothing was changed."
    )


class EpochTaken(SarabanError):
    """Another machine was given the epoch that this one began by hand."""

    code = "SRB-270"
    thai = (
        "ส่วนกลางให้เครื่องอื่นใช้ชื่อ {node} ต่อไปก่อนแล้ว เครื่องนี้ต้องหยุดออกเลข ข้อมูลยังอยู่ครบ "
        "โปรดให้ผู้ดูแลระบบส่วนกลางเปิดหน้า “เครื่องซ้ำ”"
    )
    english = (
        "The centre has let another machine go on under the name {node}, so this one must stop "
        "numbering. Its data are safe. The administrator at the centre finds it under “Twins”."
    )


class BaseUnknown(SarabanError):
    """The event after which a machine wants to go on is not at the centre."""

    code = "SRB-271"
    thai = (
        "ส่วนกลางไม่มีเหตุการณ์ {base} ของ {node} ที่เครื่องจะเริ่มต่อ ยังไม่มีอะไรเปลี่ยนแปลง "
        "โปรดเชื่อมต่อใหม่ให้เครื่องส่งข้อมูลก่อน"
    )
    english = (
        "The centre does not hold the event {base} of {node} after which the machine wants to go "
        "on. Nothing was changed; connect again so that the machine sends it first."
    )


class HealFirst(SarabanError):
    """The centre holds events of this node that the machine does not have."""

    code = "SRB-272"
    thai = "ส่วนกลางมีข้อมูลของ {node} ที่ใหม่กว่าในเครื่อง เครื่องต้องรับคืนก่อนจึงเริ่มใหม่ได้ ยังไม่มีอะไรเปลี่ยนแปลง"
    english = (
        "The centre holds newer events of {node} than the machine; it must take them back before "
        "it can go on. Nothing was changed."
    )


class TwinWaits(SarabanError):
    """Two machines have this name, and this one was not chosen to keep it."""

    code = "SRB-273"
    thai = (
        "มีเครื่องมากกว่าหนึ่งเครื่องใช้ชื่อ {node} และเครื่องนี้ยังไม่ได้รับเลือกให้ใช้ชื่อต่อ ข้อมูลยังอยู่ครบ "
        "โปรดให้ผู้ดูแลระบบส่วนกลางตัดสินใจที่หน้า “เครื่องซ้ำ”"
    )
    english = (
        "More than one machine has the name {node}, and this one was not chosen to keep it. Its "
        "data are safe. The administrator at the centre decides on the page “Twins”."
    )


class Overtaken(SarabanError):
    """Another machine has gone on in a newer epoch."""

    code = "SRB-274"
    thai = "มีเครื่องอื่นรับช่วงชื่อ {node} ไปแล้ว เครื่องนี้ต้องหยุดออกเลข ข้อมูลยังอยู่ครบ โปรดใช้รหัสแยกเครื่อง"
    english = (
        "Another machine has taken over the name {node}; this one must stop numbering. Its data "
        "are safe; use a fork code."
    )


class NodeStopped(SarabanError):
    """Two machines have this node's name; none of them gets numbers."""

    code = "SRB-275"
    thai = "เครื่อง “{node}” ถูกพักไว้เพราะพบเครื่องซ้ำ จึงให้ช่วงเลขไม่ได้ โปรดตัดสินใจที่หน้า “เครื่องซ้ำ” ก่อน"
    english = (
        "The node “{node}” is stopped because two machines have its name; it gets no numbers. "
        "Decide on the page “Twins” first."
    )
