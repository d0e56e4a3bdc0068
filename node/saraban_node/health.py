"""What is wrong with this node, in sentences an office clerk understands."""

import shutil
from dataclasses import dataclass
from typing import Final

from saraban_base.errors import DatabaseProblem
from saraban_base.sqlite import Cursor
from saraban_node import backup_records, journal, meta, numbers, syncer
from saraban_node.appliance import Appliance
from saraban_node.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_sync.errors import BrokenChain
from saraban_sync.registers import buddhist_year

_LOW_DISK: Final = 0.10


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    good: bool
    thai: str
    english: str


def look(node: Appliance, *, thorough: bool = True) -> list[Finding]:
    """Look at everything that can be wrong.

    Args:
        node: the appliance.
        thorough: also read the whole database and check the whole journal, which takes a while.
    """
    found = [_disk(node)]
    with node.db.read() as cursor:
        if thorough:
            found += [_database(node), _journal(node, cursor)]
        found += [_fence(cursor), *_numbers(node, cursor), _line(node, cursor), _backup(cursor)]
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
        return Finding(
            "fence",
            False,
            f"เครื่องนี้ยังไม่ออกเลข ({why}) โปรดติดต่อผู้ดูแลระบบส่วนกลาง",
            f"This node issues no numbers ({why}); ask the administrator at the centre",
        )
    return Finding("fence", True, "ออกเลขได้", "Numbers may be issued")


def _numbers(node: Appliance, cursor: Cursor) -> list[Finding]:
    year = buddhist_year(node.clock.now())
    found = []
    for register in numbers.registers_in_use(cursor, year):
        left = numbers.left(cursor, register, year)
        found.append(
            Finding(
                f"numbers.{register}",
                left > node.config.low_numbers,
                f"{REGISTER_THAI[register]} ปี {year} เหลือเลข {left} เลข",
                f"{left} numbers left in the {REGISTER_ENGLISH[register]} register of {year}",
            )
        )
    for (register, of_year), missing in numbers.unexplained(cursor).items():
        found.append(
            Finding(
                "numbers.unexplained",
                False,
                f"{REGISTER_THAI[register]} ปี {of_year} มีเลขที่อธิบายไม่ได้ {missing[:5]}",
                f"Unexplained numbers in {REGISTER_ENGLISH[register]} {of_year}: {missing[:5]}",
            )
        )
    return found


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


def _backup(cursor: Cursor) -> Finding:
    last = backup_records.last(cursor, good_only=True)
    if last is None:
        return Finding("backup", False, "ยังไม่เคยสำรองข้อมูลสำเร็จ", "There is no good backup yet")
    moment = last.at.strftime("%Y-%m-%d %H:%M UTC")
    return Finding("backup", True, f"สำรองข้อมูลล่าสุด {moment}", f"Last good backup {moment}")
