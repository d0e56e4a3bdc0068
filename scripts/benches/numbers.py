"""Proving that no number is unexplained, and what taking a number costs a registration."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from saraban_base.clock import SystemClock
from saraban_base.settling import settle
from saraban_base.sqlite import Write
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import letters, search
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.journal import SYSTEM
from saraban_node.numbering import numbers, prove, reservations
from saraban_node.numbering.prove import Proof
from saraban_sync.events import RangeAccepted
from saraban_sync.grants import Grant, sign_grant
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.registers import Register, buddhist_year, instant, thai_date
from saraban_sync.signing import SigningKey
from scripts.benches.office import fill, make_office, new_letters
from scripts.benches.report import Goal, Report, median, percentile, tell

_GOALS: dict[str, Goal] = {"prove_s_per_million": ("<=", 10), "take_share": ("<=", 0.10)}
_BOOK: Final = Register.OUTGOING
_BLOCK: Final = 1_000
"""Numbers of one range, and letters of the block that is written by hand and then copied."""
_DOUBLINGS: Final = 10
_COPY_ENTRIES: Final = (
    "INSERT INTO entry (seq, id, register, year, number, emergency, state, subject, sender,"
    " recipient, letter_no, letter_date, action, remark, urgency, registered_at, registered_by,"
    " source_node, source_event, void_reason, circular, reserved_at, reserved_by, reservation,"
    " holder, expires, numbered_at, search_text)"
    " SELECT :events + seq, printf('0001-%010d', :events + seq), register, year, :further + number,"
    " emergency, state, subject, sender, recipient, letter_no, letter_date, action, remark,"
    " urgency, registered_at, registered_by, source_node, source_event, void_reason, circular,"
    " reserved_at, reserved_by, CASE reservation WHEN '' THEN ''"
    " ELSE printf('0001-%010d', :events + CAST(substr(reservation, 6) AS INTEGER)) END,"
    " holder, expires, numbered_at, search_text FROM entry WHERE seq >= :first ORDER BY seq"
)


def run(*, quick: bool, scratch: Path) -> Report:
    """Measure numbers."""
    report = Report("numbers", dict(_GOALS))
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        _measure_take(report, Path(folder) / "take", quick=quick)
        doublings = 3 if quick else _DOUBLINGS
        _measure_proof(report, Path(folder) / "proof", doublings, rounds=1 if quick else 5)
    return report


def _measure_take(report: Report, folder: Path, *, quick: bool) -> None:
    """Register letters durably, one transaction each, and time what taking a number is of that."""
    filled, rounds, each = (200, 2, 20) if quick else (10_000, 30, search.PAGE)
    node = make_office(folder)
    tell(f"numbers: filling with {filled} letters")
    fill(node, new_letters(1, filled))
    batch = iter(new_letters(2, rounds * each))
    settle()  # as the server does
    shares, takes, wholes = [], [], []
    for _ in range(rounds):
        node.db.checkpoint()
        taking, whole = _registered(node, [next(batch) for _ in range(each)])
        shares.append(taking / whole)
        takes.append(taking / each * 1e6)
        wholes.append(whole / each * 1e6)
    node.close()
    report.figures["take_share"] = median(shares)
    report.detail |= {
        "take_us": round(median(takes), 1),
        "registration_us": round(median(wholes)),
        "share_quartiles": [round(percentile(shares, part), 4) for part in (0.25, 0.75)],
        "rounds": rounds,
        "letters_a_round": each,
    }


def _registered(node: Appliance, batch: list[NewLetter]) -> tuple[float, float]:
    with _timed("next_number", "use") as spent:
        began = time.perf_counter()
        for letter in batch:
            with node.db.write() as write:
                letters.register_letter(write, node.journal, letter, actor=SYSTEM)
        whole = time.perf_counter() - began
    return sum(spent), whole


@contextmanager
def _timed(*names: str) -> Iterator[list[float]]:
    """Time functions of ``saraban_node.numbering.numbers`` wherever they are called from."""
    spent: list[float] = []
    real = {name: getattr(numbers, name) for name in names}
    for name, function in real.items():
        setattr(numbers, name, _watched(function, spent))
    try:
        yield spent
    finally:
        for name, function in real.items():
            setattr(numbers, name, function)


def _watched(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            spent.append(time.perf_counter() - began)

    return call


def _measure_proof(report: Report, folder: Path, doublings: int, *, rounds: int) -> None:
    blocks = 2**doublings
    tell(f"numbers: a book of {blocks * _BLOCK} numbers in {blocks} ranges")
    node = _office(folder, blocks)
    first, events = _write_a_block(node)
    for doubling in range(doublings):
        with node.db.write() as write:
            _copy(write, first, events=events * 2**doubling, further=_BLOCK * 2**doubling)
    with node.db.write() as write:
        write.cursor.execute("UPDATE number_range SET open = 0")
    node.db.checkpoint()
    tell("numbers: proving")
    seconds, proof = [], None
    for _ in range(rounds):
        began = time.perf_counter()
        with node.db.read() as cursor:
            proof = prove.prove(cursor)
        seconds.append(time.perf_counter() - began)
    node.close()
    _report_proof(report, proof, seconds)


def _report_proof(report: Report, proof: Proof | None, seconds: list[float]) -> None:
    if proof is None or not proof.whole:
        raise RuntimeError("the proof does not hold")
    (book,) = proof.series
    report.figures["prove_s_per_million"] = median(seconds) * 1e6 / proof.total
    report.detail |= {
        "numbers": proof.total,
        "ranges": len(book.ranges),
        "runs": len(book.account.runs),
        "odd_numbers_named": len(book.notable),
        "states": {state.value: count for state, count in book.account.counts.items()},
        "first_s": round(seconds[0], 2),
    }


def _office(folder: Path, blocks: int) -> Appliance:
    """Make a node with many ranges of one book, as a busy office has at the end of its year."""
    node = appliance.create(
        folder,
        node=NodeId("bench-n1"),
        office=OfficeCode("bench"),
        office_name="โรงเรียนวัดความเร็ว (ตัวอย่าง)",
        prefix="ศธ 04990.99",
    )
    centre, now = SigningKey.generate(), SystemClock().now()
    with node.db.write() as write:
        for block in range(blocks):
            grant = Grant(
                grant=f"bench-{block}", office=node.office, node=node.node, register=_BOOK,
                year=buddhist_year(now), first=block * _BLOCK + 1, last=(block + 1) * _BLOCK,
                at=instant(now), generation=1,
            )  # fmt: skip
            body = RangeAccepted(grant=sign_grant(centre, grant))
            node.journal.append(write, body, actor=SYSTEM)
    return node


def _write_a_block(node: Appliance) -> tuple[int, int]:
    """Use the first range by real acts; gives its first event's place and how many there are."""
    with node.db.write() as write:
        start = _head(write)
        for place, letter in enumerate(new_letters(3, _BLOCK)):
            _one_number(write, node, replace(letter, register=_BOOK, letter_no=""), place)
        return start + 1, _head(write) - start


def _one_number(write: Write, node: Appliance, letter: NewLetter, place: int) -> None:
    """Mostly a plain letter; one in fifty is cancelled, or was reserved."""
    if place % 50 == 20:
        entry = _reserve(write, node)
        if place % 100 == 20:
            taken = replace(letter, reservation=entry.id)
            letters.register_letter(write, node.journal, taken, actor=SYSTEM)
        else:
            reservations.cancel(write, node.journal, entry.id, reason="ไม่ใช้แล้ว", actor=SYSTEM)
        return
    entry = letters.register_letter(write, node.journal, letter, actor=SYSTEM)
    if place % 50 == 40:
        letters.void_entry(write, node.journal, entry.id, reason="พิมพ์ผิด", actor=SYSTEM)


def _reserve(write: Write, node: Appliance) -> Entry:
    return reservations.reserve(
        write, node.journal, register=_BOOK, holder="ครูมะลิ", purpose="ขอไปราชการ",
        expires=thai_date(write.now) + timedelta(days=7), actor=SYSTEM,
    )  # fmt: skip


def _copy(write: Write, first: int, *, events: int, further: int) -> None:
    """Write everything from an event on once more, as later events about later numbers.

    The copies are unsigned; the proof reads the registers, and of the journal who did what.
    """
    shift = {"first": first, "events": events, "further": further}
    write.cursor.execute(
        "INSERT INTO journal SELECT :events + seq, epoch, type, at, actor, payload, signature, hash"
        " FROM journal WHERE seq >= :first ORDER BY seq",
        {"first": first, "events": events},
    )
    write.cursor.execute(_COPY_ENTRIES, shift)
    write.cursor.execute(
        "INSERT INTO happening SELECT :events + entry, :events + seq FROM happening"
        " WHERE entry >= :first",
        {"first": first, "events": events},
    )


def _head(write: Write) -> int:
    return int(next(write.cursor.execute("SELECT max(seq) FROM journal"))[0])
