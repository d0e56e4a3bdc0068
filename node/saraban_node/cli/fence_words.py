"""The fence in words for the terminal."""

from typing import Final

from saraban_node import meta
from saraban_node.books.labels import REGISTER_ENGLISH, REGISTER_THAI
from saraban_node.identity.fence import FenceView, Lift, Preview
from saraban_node.identity.lifting import Lifted
from saraban_sync.registers import Register

_WHY: Final = {
    "": ("ออกเลขได้ตามปกติ", "Numbers are given as usual"),
    meta.RESTORED: ("กู้คืนมาจากชุดสำรอง", "Restored from a backup"),
    meta.COPIED: ("ฐานข้อมูลนี้เป็นสำเนาจากเครื่องอื่น", "Copied from another machine"),
    meta.SUPERSEDED: ("มีเครื่องอื่นรับช่วงชื่อนี้ไปแล้ว", "Another machine has taken over the name"),
    meta.DIVERGED: ("ประวัติไม่ตรงกับที่ส่วนกลางมี", "The centre holds another history"),
    meta.TWIN: ("มีเครื่องสองเครื่องใช้ชื่อเดียวกัน", "Two machines work under one name"),
}
_MARKS: Final = {
    "backup": "ชุดสำรอง · backup",
    "centre": "ส่วนกลาง · centre",
    "mark-file": "แฟ้มบันทึกเลข · mark file",
    "browser": "เบราว์เซอร์ · browser",
    "courier": "แฟลชไดรฟ์รับส่ง · courier",
}


def status(view: FenceView) -> list[str]:
    """Say why the machine gives no numbers, who knows what, and what comes next."""
    thai, english = _WHY.get(view.why, (view.why, view.why))
    found = [f"{thai} · {english}", f"รหัสเครื่อง · machine  {view.machine}"]
    for one in view.series if view.why else ():
        marks = ", ".join(
            f"{_MARKS.get(mark.source, mark.source)} {mark.number}" for mark in one.marks
        )
        known = f"  ({marks})" if marks else ""
        left = f"{one.next}–{one.last}" if one.left else f"ใช้หมดแล้ว · used up (–{one.last})"
        found.append(f"{_book_name(one.register, one.year)}: {left}{known}")
    return [*found, *_next_step(view)]


def _next_step(view: FenceView) -> list[str]:
    """Say what is to be done next, and the command for it."""
    if not view.why:
        return []
    if view.said == "fork":
        return [
            "ขั้นต่อไป ขอรหัสแยกเครื่องจากส่วนกลาง · next: ask the centre for a fork code",
            "  saraban-node fork --code ...",
        ]
    if view.said == "resume":
        return ["ขั้นต่อไป · next:", "  saraban-node fence lift"]
    if not view.by_hand:
        return [
            "ขั้นต่อไป โทรบอกรหัสเครื่องแก่ผู้ดูแลระบบส่วนกลาง แล้วสั่ง saraban-node sync",
            "next: read the machine's code to the centre's administrator, then saraban-node sync",
        ]
    papers = " ".join(
        f"--paper {one.register}/{one.year}=..." for one in view.series if one.begun or one.known
    )
    return [
        "ขั้นต่อไป ดูเลขสุดท้ายบนกระดาษ แล้วสั่ง (ไม่มีสัญญาณให้เติม --by-hand)",
        "next: look up the last numbers on paper (with no line add --by-hand)",
        f"  saraban-node fence lift --alone {papers}",
    ]


def preview(view: FenceView, wanted: Lift, previews: list[Preview]) -> list[str]:
    """Say which numbers will be given up, before it is done."""
    found = ["เลขที่จะข้าม ไม่ใช้อีกตลอดไป · Numbers that are passed over for ever:"]
    for one in previews:
        given_up = ", ".join(f"{skip.first}–{skip.last}" for skip in one.skips) or "–"
        after = (
            f"ออกต่อที่ · goes on at {one.goes_on_at}"
            if one.goes_on_at
            else "หมดทั้งช่วง ต้องขอช่วงใหม่ · nothing is left, a new range is needed"
        )
        name = _book_name(one.series.register, one.series.year)
        found.append(f"– {name}: {given_up} ({one.total})  {after}")
    if view.by_hand and not wanted.alone:
        found += [
            "ไม่ได้ระบุ --alone (ไม่มีเครื่องอื่นใช้ข้อมูลชุดนี้แล้ว) จึงข้ามเลขที่เหลือทั้งหมด",
            "Without --alone (no other machine has these data) all numbers left are given up.",
        ]
    return found


def _book_name(register: Register, year: int) -> str:
    return f"{REGISTER_THAI[register]} · {REGISTER_ENGLISH[register]} {year}"


def lifted(done: Lifted) -> list[str]:
    """Say what lifting the fence did."""
    if done.already:
        return ["ออกเลขได้อยู่แล้ว ไม่มีการเปลี่ยนแปลงใด · Numbers are given already; nothing was changed"]
    return [
        f"ออกเลขได้แล้ว · Numbers are given again (epoch {done.epoch})",
        *(
            f"– ข้าม · passed over  {_book_name(one.register, one.year)}: {one.first}–{one.last}"
            for one in done.skipped
        ),
    ]
