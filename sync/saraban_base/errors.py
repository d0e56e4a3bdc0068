"""What can go wrong with the disk and the database, in words for the person in front of it."""

from saraban_sync.errors import SarabanError


class DatabaseProblem(SarabanError):
    """The database cannot be trusted or opened."""

    code = "SRB-010"
    thai = "เปิดฐานข้อมูลไม่ได้ ({what}) ยังไม่มีข้อมูลใดถูกแก้ไข โปรดแจ้งผู้ดูแลระบบ และอย่าลบแฟ้มใด ๆ"
    english = (
        "The database cannot be opened ({what}). Nothing was changed; "
        "tell the administrator and do not delete any file."
    )


class DatabaseTooNew(DatabaseProblem):
    """A newer program has changed this database."""

    code = "SRB-011"
    thai = "ฐานข้อมูลนี้ถูกใช้กับโปรแกรมรุ่นใหม่กว่าแล้ว ({what}) ข้อมูลยังอยู่ครบ โปรดติดตั้งโปรแกรมรุ่นล่าสุด"
    english = (
        "This database was already used by a newer program ({what}). "
        "The data is safe; install the latest program."
    )


class DiskFull(SarabanError):
    """There is no room left on the disk."""

    code = "SRB-012"
    thai = "เนื้อที่ดิสก์เต็ม รายการนี้ยังไม่ได้บันทึกและไม่มีเลขใดถูกใช้ โปรดแจ้งผู้ดูแลระบบให้เพิ่มเนื้อที่ แล้วบันทึกใหม่"
    english = (
        "The disk is full. This entry was not saved and no number was used. "
        "Ask the administrator to free some space, then save again."
    )


class DiskFailing(SarabanError):
    """The disk refused to read or write."""

    code = "SRB-013"
    thai = "ดิสก์อ่านหรือเขียนไม่ได้ รายการนี้ยังไม่ได้บันทึก รายการที่บันทึกแล้วยังอยู่ โปรดหยุดใช้งานและแจ้งผู้ดูแลระบบทันที"
    english = (
        "The disk could not be read or written. This entry was not saved; what was saved before "
        "is kept. Stop working and tell the administrator at once."
    )


class DatabaseBusy(SarabanError):
    """Another program held the database for too long."""

    code = "SRB-014"
    thai = "ระบบกำลังทำงานอื่นอยู่นานผิดปกติ รายการนี้ยังไม่ได้บันทึก โปรดลองอีกครั้งในหนึ่งนาที"
    english = (
        "The program is busy with something else for unusually long. "
        "This entry was not saved; try again in a minute."
    )


class PageDamaged(DatabaseProblem):
    """A page of the database has another checksum than when it was written."""

    code = "SRB-015"
    thai = "พบข้อมูลเสียหายบนดิสก์ รายการที่เหลือยังอ่านได้ โปรดหยุดออกเลขและแจ้งผู้ดูแลระบบเพื่อกู้คืนจากชุดสำรอง"
    english = (
        "Damaged data was found on the disk. The rest can still be read. Stop issuing numbers and "
        "tell the administrator, who will restore from a backup."
    )
