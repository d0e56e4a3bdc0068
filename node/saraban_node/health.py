"""What is wrong with this node, in sentences an office clerk understands."""

import shutil
from typing import Final

from saraban_base.errors import DatabaseProblem
from saraban_base.sqlite import Cursor
from saraban_node import housekeeping, journal, meta
from saraban_node.appliance import Appliance
from saraban_node.backup import health as backup_health
from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.clocks import year_gate
from saraban_node.findings import Finding
from saraban_node.line import syncer
from saraban_node.numbering import emergency, outages, prove, requests
from saraban_node.numbering.requests import Outlook
from saraban_sync.errors import BrokenChain
from saraban_sync.registers import Register, buddhist_year, thai_date

_LOW_DISK: Final = 0.10
_LAST_MONTH: Final = 12
_FENCES: Final = {
    meta.RESTORED: ("กู้คืนมาจากชุดสำรอง", "it was restored from a backup"),
    meta.COPIED: ("ข้อมูลมาจากเครื่องอื่น", "its data came from another machine"),
    meta.TWIN: ("มีเครื่องสองเครื่องใช้ชื่อเดียวกัน", "two machines work under one name"),
    meta.SUPERSEDED: ("มีเครื่องอื่นรับช่วงชื่อนี้ไปแล้ว", "another machine has taken over its name"),
    meta.DIVERGED: ("ประวัติไม่ตรงกับที่ส่วนกลางมี", "the centre holds another history of it"),
}


def look(node: Appliance, *, thorough: bool = True) -> list[Finding]:
    """Look at everything that can be wrong.

    Args:
        node: the appliance.
        thorough: also read the whole database and check the whole journal, which takes a while.
    """
    found = [_disk(node)]
    with node.db.read() as cursor:
        if thorough:
            found += [_database(node), _journal(node, cursor), _proof(cursor)]
        found += [_fence(cursor), _clock(node, cursor), *_numbers(node, cursor)]
        found += [*_reservations(node, cursor), *_emergency(cursor)]
        found += [_line(node, cursor), *backup_health.look(node, cursor)]
    return found


def _disk(node: Appliance) -> Finding:
    usage = shutil.disk_usage(node.folder)
    share = usage.free / usage.total
    gigabytes = usage.free / 1e9
    return Finding(
        "disk",
        share > _LOW_DISK,
        f"เนื้อที่ดิสก์เหลือ {gigabytes:.1f} GB ({share:.0%})",
        f"{gigabytes:.1f} GB of disk left ({share:.0%})",
    )


def _database(node: Appliance) -> Finding:
    try:
        problems = node.db.integrity()
    except DatabaseProblem as wrong:
        return Finding("database", False, wrong.sentence("th"), wrong.sentence("en"))
    if problems:
        return Finding("database", False, f"ฐานข้อมูลเสียหาย: {problems[0]}", f"Damage: {problems[0]}")
    return Finding("database", True, "ฐานข้อมูลสมบูรณ์", "The database is whole")


def _journal(node: Appliance, cursor: Cursor) -> Finding:
    try:
        count = journal.verify(cursor, node=node.node, key=node.journal.key.public)
    except BrokenChain as wrong:
        return Finding("journal", False, wrong.sentence("th"), wrong.sentence("en"))
    return Finding(
        "journal",
        True,
        f"บันทึกเหตุการณ์ครบถ้วน {count} รายการ ลายมือชื่อถูกต้องทุกรายการ",
        f"The journal is whole: {count} events, every signature good",
    )


def _fence(cursor: Cursor) -> Finding:
    why = meta.get(cursor, meta.FENCED)
    if why:
        because = _FENCES.get(why, (why, why))
        return Finding(
            "fence",
            False,
            f"เครื่องนี้หยุดออกเลข เพราะ{because[0]} เปิดหน้า “ตัวตนของเครื่อง” เพื่อดูขั้นตอน",
            f"This machine gives no numbers: {because[1]}. The page “Identity of this machine”"
            " says what to do",
        )
    return Finding("fence", True, "ออกเลขได้", "Numbers may be issued")


def _clock(node: Appliance, cursor: Cursor) -> Finding:
    standing = year_gate.standing(cursor, node.journal.clock)
    return Finding("clock", standing.good, standing.thai, standing.english)


def _numbers(node: Appliance, cursor: Cursor) -> list[Finding]:
    """Tell of every register in use how long its numbers last."""
    now = node.clock.now()
    year = buddhist_year(now)
    looked = requests.outlook(cursor, node.config, now=now)
    found = [_outlook(node, one) for one in looked if one.year == year]
    found += _lacking(looked, year, "numbers.this-year")
    if thai_date(now).month == _LAST_MONTH:
        found += _lacking(looked, year + 1, "numbers.next-year")
    return found


def _outlook(node: Appliance, one: Outlook) -> Finding:
    low = one.left <= node.config.number_low_water
    good = one.forecast.enough or (one.request is not None and not low)
    days, request = one.forecast.days_left, one.request
    thai, english = "", ""
    if days is not None:
        thai, english = f" พอใช้อีกราว {days} วัน", f", enough for about {days} days"
    if request is not None:
        thai += f" ขอเพิ่มแล้ว {request.size} เลข"
        english += f"; {request.size} more were asked for"
        if request.stored_at is None:
            thai += " (คำขอยังไม่ถึงส่วนกลาง)"
            english += " (the request has not left yet)"
    return Finding(
        f"numbers.{one.register}",
        good,
        f"{REGISTER_THAI[one.register]} ปี {one.year} เหลือเลข {one.left} เลข{thai}",
        f"{one.left} numbers left in the {REGISTER_ENGLISH[one.register]} register of {one.year}"
        f"{english}",
    )


def _lacking(looked: list[Outlook], year: int, name: str) -> list[Finding]:
    """Name registers that had numbers the year before and have none of this year."""
    granted = {one.register for one in looked if one.year == year and one.stock.granted}
    before = {one.register for one in looked if one.year == year - 1 and one.stock.granted}
    lacking = [register for register in Register if register in before - granted]
    if not lacking:
        return []
    thai = ", ".join(REGISTER_THAI[one] for one in lacking)
    english = ", ".join(REGISTER_ENGLISH[one] for one in lacking)
    return [
        Finding(
            name,
            False,
            f"ยังไม่มีเลขปี {year} ของ{thai} จึงออกเลขปีนั้นไม่ได้ โปรดเชื่อมต่อหรือโทรแจ้งส่วนกลาง",
            f"There are no numbers of {year} yet for {english}, so none can be given in that year; "
            "connect to the centre or telephone it",
        )
    ]


def _proof(cursor: Cursor) -> Finding:
    proof = prove.prove(cursor)
    if proof.whole:
        return Finding(
            "numbers.proof",
            True,
            f"เลขที่ได้รับทั้ง {proof.total} เลขมีคำอธิบายทุกเลข",
            f"All {proof.total} numbers granted are accounted for",
        )
    wrong = [(one, one.account.problems[0]) for one in proof.series if one.account.problems]
    if not wrong:
        return Finding(
            "numbers.proof",
            False,
            "เลขในทะเบียนฉุกเฉินไม่ต่อเนื่อง โปรดโทรแจ้งผู้ดูแลระบบส่วนกลาง",
            "The emergency register does not run without a break; telephone the administrator at "
            "the centre",
        )
    one, problem = wrong[0]
    return Finding(
        "numbers.proof",
        False,
        f"{REGISTER_THAI[one.register]} ปี {one.year} มีเลขที่อธิบายไม่ได้"
        f" เช่น {problem.first} โปรดโทรแจ้งผู้ดูแลระบบส่วนกลาง",
        f"Numbers of {REGISTER_ENGLISH[one.register]} {one.year} are not accounted for, such as "
        f"{problem.first} ({problem.trouble}); telephone the administrator at the centre",
    )


def _reservations(node: Appliance, cursor: Cursor) -> list[Finding]:
    due = housekeeping.due_reservations(cursor, now=node.clock.now())
    if not due:
        return []
    shown = ", ".join(f"{one.number}/{one.year}" for one in due[:5])
    return [
        Finding(
            "reservations",
            False,
            f"เลขที่จองไว้ใกล้ครบกำหนด {len(due)} เลข: {shown} โปรดออกหนังสือหรือยกเลิกพร้อมเหตุผล",
            f"{len(due)} reserved numbers are about to run out: {shown}. Register their letters,"
            " or cancel them with a reason",
        )
    ]


def _emergency(cursor: Cursor) -> list[Finding]:
    outage = outages.current(cursor)
    if outage is None:
        return []
    waiting = len(emergency.waiting(cursor))
    return [
        Finding(
            "emergency",
            False,
            f"ทะเบียนฉุกเฉินเปิดอยู่ ({outage.cause}) มีหนังสือรอเลขตามปกติ {waiting} ฉบับ",
            f"The emergency register is open ({outage.cause}); {waiting} letters wait for their "
            "ordinary numbers",
        )
    ]


def _line(node: Appliance, cursor: Cursor) -> Finding:
    state = syncer.state(cursor, enrolled=bool(node.config.centre_url))
    if not state.enrolled:
        return Finding(
            "line", True, "เครื่องนี้ยังไม่ผูกกับส่วนกลาง", "This node is not enrolled with a centre"
        )
    waiting_th = f"รอส่ง {state.waiting_letters} ฉบับ"
    waiting_en = f"{state.waiting_letters} letters waiting to leave"
    if state.error_code:
        return Finding(
            "line", True, f"{waiting_th} — {state.error_th}", f"{waiting_en} — {state.error_en}"
        )
    return Finding("line", not state.refused, waiting_th, waiting_en)
