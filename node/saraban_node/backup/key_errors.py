"""What can go wrong with a recovery sheet; codes SRB-430 to SRB-437."""

from saraban_base.backup.errors import BackupProblem


class HalfMistyped(BackupProblem):
    """One half of a recovery sheet was not typed as it is printed."""

    code = "SRB-430"
    thai = (
        "ครึ่งที่ {half} ของแผ่นกู้คืนพิมพ์ไม่ตรงกับกระดาษที่กลุ่ม {group} ยังไม่มีสิ่งใดถูกเปิดหรือแก้ไข "
        "โปรดเทียบกลุ่มนั้นกับกระดาษทีละตัว แล้วลองใหม่ ตัวอักษรเล็กหรือใหญ่ใช้ได้เหมือนกัน"
    )
    english = (
        "Half {half} of the recovery sheet does not read as it is printed, at group {group}. "
        "Nothing was opened or changed. Compare that group with the paper, character by "
        "character, and try again; small and capital letters are the same."
    )


class HalvesApart(BackupProblem):
    """Two halves that belong to different sheets."""

    code = "SRB-431"
    thai = (
        "สองครึ่งนี้เป็นคนละแผ่นกัน ({first} กับ {second}) จึงเปิดชุดสำรองไม่ได้ ไม่มีสิ่งใดถูกแก้ไข "
        "โปรดนำครึ่งที่มีชื่อแผ่นเดียวกันมาใช้คู่กัน"
    )
    english = (
        "These halves belong to two different sheets ({first} and {second}), so they open nothing. "
        "Nothing was changed. Bring two halves that bear the same sheet's name."
    )


class HalfTwice(BackupProblem):
    """The same half was given twice."""

    code = "SRB-432"
    thai = "ใส่ครึ่งที่ {half} ของแผ่น {sheet} มาทั้งสองช่อง ครึ่งเดียวเปิดชุดสำรองไม่ได้ โปรดขออีกครึ่งจากผู้ถืออีกคน"
    english = (
        "Half {half} of sheet {sheet} was given twice, and one half opens nothing. "
        "Ask the other holder for the other half."
    )


class NoSuchSheet(BackupProblem):
    """No recovery sheet of that name was printed here, or it has ended."""

    code = "SRB-433"
    thai = "ไม่มีแผ่นกู้คืนชื่อ “{sheet}” ที่ยังใช้อยู่ ไม่มีสิ่งใดเปลี่ยนแปลง แผ่นที่ใช้อยู่คือ {known}"
    english = (
        "There is no recovery sheet “{sheet}” in force. Nothing was changed. In force: {known}."
    )


class PassphraseTooLong(BackupProblem):
    """A passphrase that no sheet of paper has room for."""

    code = "SRB-434"
    thai = (
        "รหัสผ่านของชุดสำรองยาวเกิน {most} ไบต์ จึงพิมพ์ลงแผ่นกู้คืนไม่ได้ "
        "โปรดสั่ง saraban-node key change-passphrase เพื่อใช้รหัสที่ระบบสร้างให้ แล้วพิมพ์ใหม่"
    )
    english = (
        "The backup passphrase is longer than {most} bytes, too long for a sheet of paper. Run "
        "saraban-node key change-passphrase for one that the program makes, then print again."
    )


class NoPlaceToTry(BackupProblem):
    """No repository is there on which a sheet could be tried."""

    code = "SRB-435"
    thai = (
        "ยังตรวจแผ่นกู้คืนไม่ได้ เพราะไม่มีที่เก็บข้อมูลสำรองอยู่ในขณะนี้ รหัสที่ใส่มาอ่านได้ครบทั้งสองครึ่ง "
        "โปรดเสียบแฟลชไดรฟ์สำรองหรือสำรองข้อมูลสักครั้ง แล้วตรวจใหม่"
    )
    english = (
        "The sheet cannot be tried: no repository with backups is there now. Both halves read "
        "well. Plug in the stick or make a backup, then check again."
    )


class TwoHoldersNeeded(BackupProblem):
    """A sheet's halves are for two different people."""

    code = "SRB-436"
    thai = "ต้องมีผู้ถือแผ่นกู้คืนสองคนที่ไม่ใช่คนเดียวกัน ชื่อละไม่เกิน {most} ตัวอักษร ยังไม่มีการพิมพ์ โปรดใส่ชื่อผู้ถือให้ครบ"
    english = (
        "A recovery sheet needs two different holders, each name with no more than {most} "
        "characters. Nothing was printed; give both names."
    )


class PrintGone(BackupProblem):
    """A sheet that was made on the page is not kept any more."""

    code = "SRB-437"
    thai = "แผ่นกู้คืนนี้ไม่ได้เก็บไว้ในเครื่องแล้ว เพื่อไม่ให้มีสำเนาค้างอยู่ โปรดพิมพ์แผ่นใหม่ แล้วบันทึกแฟ้มทั้งสามทันที"
    english = (
        "This sheet is not kept on the machine any more, so that no copy of it stays. "
        "Print a new one and save its three files at once."
    )
