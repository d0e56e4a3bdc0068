"""What can stand in the way of a restore, in sentences for the person who does it."""

from saraban_base.backup.errors import BackupProblem


class AnotherNode(BackupProblem):
    """The archive is another node's than the folder into which it was to go."""

    code = "SRB-445"
    thai = (
        "ชุดสำรองนี้เป็นของเครื่อง {archived} แต่โฟลเดอร์ {folder} เป็นของเครื่อง {here} "
        "ไม่มีสิ่งใดถูกแก้ไข โปรดตรวจว่าเป็นแฟลชไดรฟ์และชุดสำรองของหน่วยงานนี้"
    )
    english = (
        "This backup is of the node {archived}, but the folder {folder} belongs to {here}. Nothing "
        "was changed. Check that the stick and the backup are this office's."
    )


class NodeAtWork(BackupProblem):
    """The node is still running in the folder that is to be replaced."""

    code = "SRB-446"
    thai = (
        "เครื่องยังทำงานอยู่ในโฟลเดอร์ {folder} (โปรเซส {process}) ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดหยุดด้วย systemctl stop saraban-node แล้วสั่งใหม่"
    )
    english = (
        "The node is still at work in {folder} (process {process}). Nothing was changed. "
        "Stop it with systemctl stop saraban-node, then try again."
    )


class CannotSwap(BackupProblem):
    """The restored folder could not be put in the place of the old one."""

    code = "SRB-447"
    thai = (
        "กู้คืนและตรวจแล้วที่ {beside} แต่ย้ายไปแทน {folder} ไม่ได้ ({why}) ข้อมูลเดิมยังอยู่ที่เดิม "
        "หากเป็นจุดต่อดิสก์ โปรดกู้คืนลงโฟลเดอร์ว่างด้วย --to"
    )
    english = (
        "The backup was restored and checked in {beside}, but could not be moved to {folder} "
        "({why}). The old data are where they were. If a disk is mounted there, restore into an "
        "empty folder with --to."
    )


class ReasonNeeded(BackupProblem):
    """Something would be lost, and nobody has said why that is accepted."""

    code = "SRB-448"
    thai = (
        "การกู้คืนนี้จะทำให้ {entries} รายการในทะเบียน และการเกษียน ยกเลิก และอื่น ๆ อีก {acts} ครั้ง "
        "หายไป จึงต้องระบุเหตุผล ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดสั่งใหม่โดยเพิ่ม --reason พร้อมเหตุผล"
    )
    english = (
        "With this restore {entries} entries of the books and {acts} notes, cancellations and "
        "other acts would be lost, so a reason is needed. Nothing was changed. Try again with "
        "--reason and the reason."
    )


class NoSuchLetter(BackupProblem):
    """The backup holds no such letter."""

    code = "SRB-449"
    thai = (
        "ไม่พบหนังสือ {letter} ในชุดสำรอง {archive} ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดตรวจเลข ปี และทะเบียน หรือลองชุดสำรองอื่น"
    )
    english = (
        "There is no letter {letter} in the backup {archive}. Nothing was changed. Check number, "
        "year and register, or try another backup."
    )


class SeveralLetters(BackupProblem):
    """A number that stands in several registers was asked for."""

    code = "SRB-450"
    thai = (
        "เลข {letter} มีในหลายทะเบียน ({found}) ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดระบุทะเบียนด้วย --register และปีด้วย --year"
    )
    english = (
        "The number {letter} stands in several registers ({found}). Nothing was changed. "
        "Name the register with --register and the year with --year."
    )
