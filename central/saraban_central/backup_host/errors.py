"""What can go wrong with the nodes' backups at the centre; codes SRB-460 to SRB-469."""

from saraban_sync.errors import SarabanError


class HostProblem(SarabanError):
    """Something about the kept backups did not succeed."""

    code = "SRB-460"
    thai = (
        "ดูแลที่เก็บข้อมูลสำรองของเครื่องไม่สำเร็จ ({why}) ชุดสำรองเดิมยังอยู่ โปรดลองอีกครั้ง "
        "หากยังไม่ได้ ให้แจ้งผู้ดูแลระบบพร้อมรหัสนี้"
    )
    english = (
        "Looking after the nodes' backups did not succeed ({why}). The backups are still there. "
        "Try once more; if it fails again, give this code to the administrator."
    )


class NoHost(HostProblem):
    """This centre keeps no backups of nodes yet."""

    code = "SRB-461"
    thai = "ส่วนกลางนี้ยังไม่ได้ตั้งที่เก็บข้อมูลสำรองของเครื่อง ใช้คำสั่ง saraban-central backup-host init ก่อน"
    english = (
        "This centre keeps no backups of nodes yet. Run first: saraban-central backup-host init."
    )


class BadHostPlace(HostProblem):
    """A folder or an address that sshd could not be told."""

    code = "SRB-462"
    thai = (
        "ใช้ “{text}” ไม่ได้ ยังไม่มีอะไรเปลี่ยนแปลง โฟลเดอร์ต้องเป็นเส้นทางเต็มที่มีเฉพาะ a–z 0–9 . _ - / "
        "และที่อยู่ต้องเป็น ผู้ใช้@เครื่อง"
    )
    english = (
        "“{text}” cannot be used; nothing was changed. The folder must be a whole path of a–z 0–9 "
        ". _ - / only, and the address must be user@machine."
    )


class BadSshKey(HostProblem):
    """What was offered is no public key of ssh, or another node's."""

    code = "SRB-463"
    thai = (
        "กุญแจ ssh ของเครื่อง “{node}” ใช้ไม่ได้ ({why}) ยังไม่มีอะไรเปลี่ยนแปลง "
        "โปรดใช้เนื้อความของแฟ้มกุญแจสาธารณะ (.pub) ทั้งบรรทัด"
    )
    english = (
        "The ssh key of “{node}” cannot be used ({why}); nothing was changed. Give the whole line "
        "of the file with the public key (.pub)."
    )


class OtherSshKey(HostProblem):
    """The node has a place here with another key."""

    code = "SRB-464"
    thai = "เครื่อง “{node}” มีที่เก็บอยู่แล้วด้วยกุญแจอื่น ไม่มีอะไรเปลี่ยนแปลง หากทำกุญแจใหม่ ให้สั่งพร้อม --replace"
    english = (
        "“{node}” has a place here already, with another key; nothing was changed. If the node "
        "made a new key, add --replace."
    )


class NotHosted(HostProblem):
    """The node has no place here."""

    code = "SRB-465"
    thai = "ส่วนกลางไม่มีที่เก็บข้อมูลสำรองของเครื่อง “{node}” ดูรายชื่อด้วยคำสั่ง saraban-central backup-host list"
    english = (
        "The centre has no place for backups of “{node}”. "
        "List them with: saraban-central backup-host list."
    )


class InUse(HostProblem):
    """The node is busy with its repository, so nobody else may touch it."""

    code = "SRB-466"
    thai = "เครื่อง “{node}” กำลังใช้ที่เก็บข้อมูลสำรองอยู่ ไม่มีสิ่งใดถูกแก้ไข โปรดรอให้เสร็จแล้วสั่งใหม่"
    english = (
        "“{node}” is using its repository now; nothing was changed. Wait until it has finished, "
        "then try again."
    )


class CompactionRefused(HostProblem):
    """Compacting would make final what should perhaps be undone."""

    code = "SRB-467"
    thai = (
        "ไม่ย่อที่เก็บข้อมูลสำรองของ “{node}” เพราะ: {why} ไม่มีสิ่งใดถูกแก้ไขและทุกชุดยังกู้กลับได้ "
        "โปรดตรวจด้วยคำสั่ง saraban-central backup-host check"
    )
    english = (
        "The repository of “{node}” was not compacted, because: {why} Nothing was changed and "
        "everything can still be brought back. Look at it with: saraban-central backup-host check."
    )


class NothingToRecover(HostProblem):
    """There is no deletion to undo, or no moment to go back to."""

    code = "SRB-468"
    thai = "ไม่มีสิ่งใดให้ย้อนกลับในที่เก็บของ “{node}” ({why}) ไม่มีสิ่งใดถูกแก้ไข"
    english = (
        "There is nothing to take back in the repository of “{node}” ({why}); nothing changed."
    )


class RecoveryFailed(HostProblem):
    """The repository was turned back and is still not right."""

    code = "SRB-469"
    thai = (
        "ย้อนที่เก็บของ “{node}” แล้วแต่ยังไม่ถูกต้อง ({why}) สิ่งที่ย้ายออกยังอยู่ครบที่ {folder} อย่าลบ และแจ้งผู้ดูแลระบบ"
    )
    english = (
        "The repository of “{node}” was turned back and is still not right ({why}). All that was "
        "moved out is kept in {folder}: do not delete it, and tell the administrator."
    )
