"""What can be wrong with a whole file. Nothing was registered from it when one of these is raised.

Only a file that breaks off half-way can raise after rows were given; everything else is found
before the first row.
"""

from saraban_sync.errors import SarabanError


class ImportProblem(SarabanError):
    """A file that cannot be read as a register."""

    code = "SRB-350"
    thai = "นำเข้าไฟล์นี้ไม่ได้ ยังไม่มีหนังสือใดถูกลงทะเบียนจากไฟล์นี้ โปรดเปิดไฟล์ใน Excel แล้วบันทึกเป็น .xlsx ใหม่"
    english = (
        "This file cannot be imported and nothing was registered from it. "
        "Open it in Excel and save it as .xlsx again."
    )


class CannotOpenFile(ImportProblem):
    """The file is not there, is no file, or may not be read."""

    code = "SRB-351"
    thai = "เปิดไฟล์ {name} ไม่ได้ โปรดตรวจว่าไฟล์ยังอยู่และปิดโปรแกรมอื่นที่เปิดไฟล์นี้ แล้วลองอีกครั้ง"
    english = (
        "The file {name} cannot be opened. Check that it is still there, "
        "close other programs that use it, and try again."
    )


class EmptyFile(ImportProblem):
    """There is nothing in the file."""

    code = "SRB-352"
    thai = "ไฟล์ {name} ว่างเปล่า โปรดเลือกไฟล์ทะเบียนที่มีข้อมูล"
    english = "The file {name} is empty. Choose the file that holds the register."


class FileTooLarge(ImportProblem):
    """The file is over the size limit."""

    code = "SRB-353"
    thai = "ไฟล์ {name} ใหญ่เกิน {limit} โปรดแบ่งเป็นหลายไฟล์ เช่น ปีละไฟล์ แล้วนำเข้าทีละไฟล์"
    english = (
        "The file {name} is larger than {limit}. Split it, for example one file for each year, "
        "and import the files one by one."
    )


class NotASpreadsheet(ImportProblem):
    """Another kind of file, whatever its name says."""

    code = "SRB-354"
    thai = "ไฟล์ {name} ไม่ใช่ไฟล์ทะเบียน (พบ {seen}) โปรดเปิดใน Excel แล้วเลือก บันทึกเป็น .xlsx หรือ .csv"
    english = (
        "The file {name} is no spreadsheet ({seen} was found). "
        "Open it in Excel and save it as .xlsx or .csv."
    )


class OldExcelFile(ImportProblem):
    """The format of Excel 97–2003."""

    code = "SRB-355"
    thai = "ไฟล์ {name} เป็น Excel รุ่นเก่า (.xls) โปรดเปิดใน Excel แล้วเลือก บันทึกเป็น .xlsx แล้วนำเข้าใหม่"
    english = (
        "The file {name} is in the old Excel format (.xls). "
        "Open it in Excel, save it as .xlsx and import that."
    )


class PasswordProtected(ImportProblem):
    """The file is encrypted."""

    code = "SRB-356"
    thai = "ไฟล์ {name} ตั้งรหัสผ่านไว้ โปรดเปิดใน Excel เอารหัสผ่านออก บันทึกเป็น .xlsx แล้วนำเข้าใหม่"
    english = (
        "The file {name} is protected by a password. "
        "Open it in Excel, take the password off, save it as .xlsx and import that."
    )


class UnsafeWorkbook(ImportProblem):
    """A workbook built so that opening it would exhaust the machine or read other files."""

    code = "SRB-357"
    thai = (
        "ไฟล์ {name} มีโครงสร้างผิดปกติที่อาจเป็นอันตราย ระบบไม่เปิดไฟล์นี้ "
        "ถ้าเป็นทะเบียนจริงให้คัดลอกข้อมูลไปไฟล์ Excel ใหม่แล้วบันทึกเป็น .xlsx"
    )
    english = (
        "The file {name} is built in a way that can do harm and was not opened. "
        "If it is a real register, copy its cells to a new Excel file and save that as .xlsx."
    )


class DamagedWorkbook(ImportProblem):
    """A workbook that is broken or incomplete."""

    code = "SRB-358"
    thai = "ไฟล์ {name} เสียหรือไม่ครบ โปรดเปิดใน Excel แล้วบันทึกเป็น .xlsx ใหม่ หรือคัดลอกจากต้นฉบับอีกครั้ง"
    english = (
        "The file {name} is damaged or incomplete. "
        "Open it in Excel and save it as .xlsx again, or copy it from its source once more."
    )


class UnreadableText(ImportProblem):
    """A text file in no known encoding."""

    code = "SRB-359"
    thai = "อ่านตัวอักษรในไฟล์ {name} ไม่ได้ ({seen}) โปรดเปิดใน Excel แล้วบันทึกเป็น .xlsx หรือ CSV UTF-8"
    english = (
        "The characters of the file {name} cannot be read ({seen}). "
        "Open it in Excel and save it as .xlsx or as CSV UTF-8."
    )


class NoHeads(ImportProblem):
    """No row that looks like the heads of a register."""

    code = "SRB-360"
    thai = "ไม่พบหัวตารางในไฟล์ {name} โปรดใส่แถวหัวตารางให้มีช่อง เรื่อง และช่องอื่น เช่น ที่ ลงวันที่ จาก ถึง"
    english = (
        "The file {name} has no row of heads. Add one with a column เรื่อง (subject) "
        "and others such as ที่, ลงวันที่, จาก, ถึง (letter no, date, from, to)."
    )


class DoubledColumn(ImportProblem):
    """Two columns that mean the same."""

    code = "SRB-361"
    thai = "ไฟล์ {name} มีสองช่องที่มีความหมายเดียวกัน คือ “{first}” และ “{second}” โปรดลบหรือเปลี่ยนชื่อช่องหนึ่ง"
    english = (
        "The file {name} has two columns that mean the same: “{first}” and “{second}”. "
        "Remove or rename one of them."
    )


class UnknownRegister(ImportProblem):
    """It cannot be told whether the letters were received or sent."""

    code = "SRB-362"
    thai = (
        "ไม่รู้ว่าไฟล์ {name} เป็นทะเบียนหนังสือรับหรือหนังสือส่ง โปรดเลือกทะเบียนก่อนนำเข้า "
        "หรือใช้หัวช่อง เลขทะเบียนรับ / เลขทะเบียนส่ง"
    )
    english = (
        "It is not clear whether {name} is an incoming or an outgoing register. Choose the "
        "register before importing, or use the head เลขทะเบียนรับ or เลขทะเบียนส่ง."
    )


class RegisterContradiction(ImportProblem):
    """The file says another register than the person."""

    code = "SRB-363"
    thai = (
        "ไฟล์ {name} เป็นทะเบียนอีกเล่ม ไม่ตรงกับทะเบียนที่เลือกไว้ ยังไม่มีเลขใดถูกออก "
        "โปรดเลือกทะเบียนให้ตรง หรือนำเข้าโดยให้ระบบดูจากไฟล์"
    )
    english = (
        "The file {name} holds the other register, not the one chosen; no number was issued. "
        "Choose the right register, or let the file decide."
    )


class SecretRegister(ImportProblem):
    """A register of secret letters."""

    code = "SRB-364"
    thai = "ไฟล์ {name} เป็นทะเบียนหนังสือลับ นำเข้าทะเบียนทั่วไปไม่ได้ ให้นายทะเบียนข้อมูลข่าวสารลับเก็บรักษาไฟล์นี้"
    english = (
        "The file {name} is a register of secret letters and cannot be imported into an ordinary "
        "one. Leave it with the registrar of secret information."
    )


class FormulasNotCalculated(ImportProblem):
    """Cells with formulas whose values were never stored."""

    code = "SRB-365"
    thai = "ไฟล์ {name} มีสูตรที่ยังไม่เคยคำนวณ (เช่น {cell}) โปรดเปิดใน Excel กดบันทึก แล้วนำเข้าใหม่"
    english = (
        "The file {name} has formulas that were never calculated (such as {cell}). "
        "Open it in Excel, save it, and import it again."
    )
