"""What a drill can find, in sentences for the person who has to put it right."""

from saraban_base.backup.errors import BackupProblem


class DrilledBad(BackupProblem):
    """What came back in a drill did not pass its checks."""

    code = "SRB-438"
    thai = (
        "ซ้อมกู้คืนแล้วชุดสำรอง {archive} ใช้ไม่ได้ ({what}) ข้อมูลในเครื่องยังอยู่ครบ "
        "โปรดเก็บสื่อนี้ไว้ สำรองลงที่ใหม่ทันที แล้วแจ้งผู้ดูแลระบบ"
    )
    english = (
        "The backup {archive} was brought back in a drill and is no good ({what}). The data on "
        "this machine is safe. Keep this medium, back up to a new one at once, and tell the "
        "administrator."
    )


class BackupVanished(BackupProblem):
    """The backup of which the journal tells is not in the repository."""

    code = "SRB-439"
    thai = (
        "ไม่มีชุดสำรอง {archive} ในที่เก็บ {place} แล้ว ทั้งที่บันทึกไว้ว่าสำรองสำเร็จ ข้อมูลในเครื่องยังอยู่ครบ "
        "โปรดสำรองใหม่ทันที และแจ้งผู้ดูแลระบบให้หาสาเหตุ"
    )
    english = (
        "The backup {archive} is not at the place {place} any more, although it was made there. "
        "The data on this machine is safe. Back up again at once, and have the administrator find "
        "out why."
    )


class NothingToDrill(BackupProblem):
    """No good backup was ever made at the place."""

    code = "SRB-440"
    thai = "ยังไม่มีชุดสำรองที่ใช้ได้ในที่เก็บ {place} จึงยังซ้อมกู้คืนไม่ได้ โปรดสำรองก่อน แล้วสั่งใหม่"
    english = (
        "There is no good backup at the place {place} yet, so no drill could be run. "
        "Back up first, then try again."
    )


class NoRoomForDrill(BackupProblem):
    """The disk has too little room for a second copy of the office."""

    code = "SRB-441"
    thai = (
        "เนื้อที่ว่างของดิสก์ไม่พอสำหรับซ้อมกู้คืน (ต้องการ {need} MB มี {free} MB) ยังไม่รู้ว่าชุดสำรองใช้ได้หรือไม่ "
        "โปรดเพิ่มเนื้อที่ แล้วสั่งใหม่"
    )
    english = (
        "The disk has too little room for a drill ({need} MB needed, {free} MB free); nothing is "
        "known of the backup. Free some space, then try again."
    )


class NoSuchDrill(BackupProblem):
    """The journal tells of no such drill."""

    code = "SRB-442"
    thai = "ไม่พบการซ้อมกู้คืนลำดับที่ {drill} โปรดกลับไปหน้า “สำรองข้อมูล” แล้วเลือกจากรายการ"
    english = (
        "There is no drill number {drill}. Go back to the Backup page and choose from its list."
    )
