"""Offices for tests: a real node in a folder, numbers to give, clerks, letters, and a clock that
obeys. Nothing here is a stand-in: the node is the one that is shipped."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from saraban_base.clock import Clock, Evidence
from saraban_node import appliance, journal, meta
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.journal import SYSTEM
from saraban_node.line import postbox
from saraban_sync import events
from saraban_sync.body import Body, FileRef
from saraban_sync.events import ClockState, Event, LetterSent, RangeAccepted
from saraban_sync.grants import DirectoryEntry, Grant, sign_entry, sign_grant
from saraban_sync.ids import NodeId, OfficeCode, PersonId
from saraban_sync.registers import Register, Urgency, buddhist_year, instant
from saraban_sync.signing import SigningKey
from saraban_sync.wire import CENTRE, Document, event_document

MORNING: Final = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""Nine o'clock in Thailand on a day of 2569."""
YEAR: Final = 2569
SOMSRI: Final = PersonId("p-somsri")
MALI: Final = PersonId("p-mali")
CENTRE_KEY: Final = SigningKey.from_bytes(bytes(range(32)))
"""The centre that signs ranges and the directory when a test has no real one."""

_SUBJECTS: Final = (
    "แจ้งกำหนดการประชุมผู้บริหารสถานศึกษา ครั้งที่ {n}",
    "ขอความอนุเคราะห์วิทยากรอบรมครูภาษาไทย รุ่นที่ {n}",
    "การจัดสรรงบประมาณค่าอาหารกลางวันนักเรียน งวดที่ {n}",
    "รายงานผลการดำเนินงานโครงการโรงเรียนสุจริต ประจำเดือน ({n})",
    "ขอเชิญร่วมพิธีถวายพระพรชัยมงคล ลำดับ {n}",
    "แบบสำรวจข้อมูลนักเรียนยากจนพิเศษ ปีการศึกษา ๒๕๖๙ ชุดที่ {n}",
    "ส่งคำสั่งแต่งตั้งคณะกรรมการตรวจรับพัสดุ ฉบับที่ {n}",
)
_SENDERS: Final = (
    "สำนักงานเขตพื้นที่การศึกษาประถมศึกษา เขต ๑",
    "องค์การบริหารส่วนตำบลบ้านดอย",
    "โรงพยาบาลส่งเสริมสุขภาพตำบล",
    "สำนักงานศึกษาธิการจังหวัด",
    "นายสมชาย ใจดี",
)


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime = MORNING, *, has_rtc: bool = True) -> None:
        self.moment = moment
        self.up = 1_000.0
        self.boot_id = "0a1b2c3d"
        self.has_rtc = has_rtc
        self.ntp_doubt_ms: int | None = None
        """Whether a time service steers it, and how well."""

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.up

    def boot(self) -> str:
        return self.boot_id

    def evidence(self) -> Evidence:
        return Evidence(self.has_rtc, self.ntp_doubt_ms)

    def forward(self, **by: float) -> None:
        """Let time pass, as ``timedelta`` names it."""
        step = timedelta(**by)
        self.moment += step
        self.up += step.total_seconds()

    def until(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        self.forward(seconds=(moment - self.moment).total_seconds())

    def put(self, moment: datetime) -> None:
        """Set the wall clock, forwards or backwards, as a person or a dead battery does."""
        self.moment = moment

    def reboot(self, **off: float) -> None:
        """Switch the machine off and on again; the battery clock, if it has one, runs meanwhile."""
        if self.has_rtc:
            self.moment += timedelta(**off)
        self.up = 10.0
        self.boot_id = f"{(int(self.boot_id, 16) + 1) % 2**32:08x}"


BOOKS: Final = (Register.INCOMING, Register.OUTGOING)
"""The registers that every office keeps."""


class Numbers(NamedTuple):
    """Numbers to be granted: ``first`` to ``last`` of one series."""

    register: Register
    year: int
    last: int
    first: int = 1


def an_office(
    folder: Path,
    *,
    code: str = "school-a",
    name: str = "โรงเรียนบ้านดอย",
    prefix: str = "ศธ 04123.45",
    clock: Clock | None = None,
    ranges: Iterable[Numbers] | None = None,
    settings: dict[str, str | int | list[str]] | None = None,
    key: SigningKey | None = None,
) -> Appliance:
    """Make a node that can register at once: ranges of both registers, no centre.

    Args:
        folder: a new folder.
        code: the office's code and the node's name.
        name: the office's Thai name.
        prefix: its letter prefix.
        clock: where time comes from; one that stands still when not given.
        ranges: what it may number; 5,000 of both registers of the clock's year when not given.
        settings: keys of the settings file.
        key: the node's signing key; a new one when not given.
    """
    clock = clock or HandClock()
    node = appliance.create(
        folder,
        node=NodeId(code),
        office=OfficeCode(code),
        office_name=name,
        prefix=prefix,
        key=key,
        settings=settings,
        clock=clock,
    )
    with node.db.write() as write:
        meta.put(write, meta.CENTRE_KEY, CENTRE_KEY.public)
    year = buddhist_year(clock.now())
    for numbers in ranges if ranges is not None else [Numbers(r, year, 5_000) for r in BOOKS]:
        grant(node, numbers)
    return node


def grant(node: Appliance, numbers: Numbers) -> None:
    """Let a node take a range, as the postbox does when the centre sends one."""
    paper = a_grant(node, numbers)
    with node.db.write() as write:
        node.journal.append(write, RangeAccepted(grant=sign_grant(CENTRE_KEY, paper)), actor=SYSTEM)


def a_grant(node: Appliance, numbers: Numbers) -> Grant:
    """Write a grant for a node."""
    return Grant(
        grant=f"g-{numbers.register}-{numbers.year}-{numbers.first}",
        office=node.office,
        node=node.node,
        register=numbers.register,
        year=numbers.year,
        first=numbers.first,
        last=numbers.last,
        at=instant(node.clock.now()),
        generation=1,
    )


def a_letter(n: int, register: Register = Register.INCOMING, **fields: object) -> NewLetter:
    """Write the n-th letter: different from its neighbours, always the same for the same n."""
    filled: dict[str, object] = {
        "register": register,
        "subject": _SUBJECTS[n % len(_SUBJECTS)].format(n=n),
        "sender": _SENDERS[n % len(_SENDERS)],
        "recipient": "ผู้อำนวยการโรงเรียนบ้านดอย",
        "letter_no": f"ศธ 04123/ว {n}" if register is Register.INCOMING else "",
    }
    return NewLetter(**{**filled, **fields})  # type: ignore[arg-type] # a test names the fields


def register(
    node: Appliance, letter: NewLetter | str, *, actor: PersonId = SOMSRI, form: str | None = None
) -> Entry:
    """Register one letter in a transaction of its own."""
    if isinstance(letter, str):
        letter = NewLetter(register=Register.INCOMING, subject=letter)
    with node.db.write() as write:
        return letters.register_letter(write, node.journal, letter, actor=actor, form=form)


def put_file(node: Appliance, content: bytes, name: str = "หนังสือ.pdf") -> FileRef:
    """Put a letter's file away."""
    return node.files.put(io.BytesIO(content), name=name, media="application/pdf")


@dataclass
class FarOffice:
    """An office somewhere else, whose journal is written by hand with real signatures."""

    code: str = "area-1"
    name: str = "สำนักงานเขตพื้นที่การศึกษาประถมศึกษา เขต ๑"
    key: SigningKey = field(default_factory=lambda: SigningKey.from_bytes(bytes(range(64, 96))))
    clock: HandClock = field(default_factory=HandClock)
    epoch: int = 1
    last: Event | None = None

    @property
    def node(self) -> NodeId:
        """Its node, named as the office is."""
        return NodeId(self.code)

    def write(self, body: Body) -> Event:
        """Sign the next event of its journal."""
        self.last = events.write_event(
            self.key,
            body,
            node=self.node,
            epoch=self.epoch,
            seq=self.last.seq + 1 if self.last else 1,
            prev=self.last.hash if self.last else events.GENESIS,
            at=instant(self.clock.now()),
            clock=ClockState(boot="5e6f7a8b"),
            actor=MALI,
        )
        return self.last

    def sends(self, to: str, n: int = 1, *, files: tuple[FileRef, ...] = ()) -> Event:
        """Send the n-th letter to an office."""
        return self.write(
            LetterSent(
                entry="0001-0000000001",
                offices=(to,),
                year=YEAR,
                number=n,
                subject=_SUBJECTS[n % len(_SUBJECTS)].format(n=n),
                sender=self.name,
                letter_no=f"ศธ 04001/ว {n}",
                letter_date="2026-11-20",
                urgency=Urgency.URGENT,
                files=files,
            )
        )


def introduce(node: Appliance, *others: Appliance | FarOffice) -> None:
    """Let a node know other offices and their keys, as the centre's directory does."""
    for other in others:
        for entry in _directory(other, instant(node.clock.now())):
            put_in_directory(node, entry)


def put_in_directory(node: Appliance, entry: DirectoryEntry) -> None:
    """Let a node know an office or a node, as the centre's directory does."""
    text = sign_entry(CENTRE_KEY, entry)
    document = Document(
        id=f"{entry.version:010d}",
        payload=text.p.encode("utf-8"),
        signature=text.s,
        sender=CENTRE,
    )
    with node.db.write() as write:
        postbox.take_directory(write, document)


def carry(event: Event, to: Appliance, *, place: int = 1, sender: str | None = None) -> None:
    """Put an office's event into another node, as the mailbox does."""
    document = event_document(event, name=f"{place:012d}", sender=sender or event.node)
    with to.db.write() as write:
        postbox.take_item(write, to, document)


def events_of(node: Appliance, kind: str = "") -> list[Event]:
    """Read a node's journal, or its events of one kind."""
    with node.db.read() as cursor:
        return [event for event in journal.read(cursor) if kind in ("", event.type)]


def _directory(other: Appliance | FarOffice, at: str) -> Iterable[DirectoryEntry]:
    if isinstance(other, FarOffice):
        code, name, key = other.code, other.name, other.key.public
    else:
        code, name, key = str(other.office), other.office_name, other.journal.key.public
    yield DirectoryEntry(kind="office", version=1, code=code, name=name, at=at, generation=1)
    yield DirectoryEntry(
        kind="node", version=2, code=code, name="", office=code, key=key, at=at, generation=1
    )
