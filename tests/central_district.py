"""A centre with offices whose journals are written by hand, event by event, with real signatures.

No gateway stands between: a test can put into the store what no gateway would let in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import structs

from saraban_base.clock import Evidence
from saraban_central import directory, enrolment
from saraban_central.audit.findings import Finding
from saraban_central.audit.keeping import Auditing
from saraban_central.audit.report import Report
from saraban_central.centre import Centre, make_centre
from saraban_central.config import CentralConfig
from saraban_central.numbering import grants
from saraban_central.records import INTAKE, NODES, Intake
from saraban_central.store.interface import Insert, Keep, Put
from saraban_sync.body import Body, Signed
from saraban_sync.events import (
    GENESIS,
    ClockState,
    Event,
    LetterArrived,
    LetterRegistered,
    LetterSent,
    PersonAdded,
    RangeAccepted,
    ReceiptGiven,
    write_event,
)
from saraban_sync.grants import Grant
from saraban_sync.ids import NodeId, PersonId
from saraban_sync.journal_events import EpochStarted, JournalForked, JournalOpened
from saraban_sync.registers import Register, buddhist_year, instant
from saraban_sync.signing import SigningKey
from saraban_sync.wire import event_document, journal_database
from tests.offices import BOOKS

MORNING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""Nine o'clock in Thailand on a day of 2569."""
YEAR = 2569
SOMSRI = PersonId("p-somsri")


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime = MORNING) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def boot(self) -> str:
        return "0a1b2c3d"

    def evidence(self) -> Evidence:
        return Evidence(battery=True)

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Office:
    """One office's node, as a test plays it."""

    centre: Centre
    clock: HandClock
    node: NodeId
    code: str
    key: SigningKey
    epoch: int = 1
    seq: int = 0
    prev: str = GENESIS
    journal: NodeId | None = None
    """Whose journal the events go to, when that is not their signer's."""
    events: list[Event] = field(default_factory=list)

    def write(self, body: Body, *, at: datetime | None = None, stepped: bool = False) -> Event:
        """Sign the next event of the journal without telling the centre."""
        event = write_event(
            self.key,
            body,
            node=self.node,
            epoch=self.epoch,
            seq=self.seq + 1,
            prev=self.prev,
            at=instant(at or self.clock.now()),
            clock=ClockState(boot="0a1b2c3d", stepped=stepped),
            actor=SOMSRI,
        )
        self.seq, self.prev = event.seq, event.hash
        self.events.append(event)
        return event

    def tell(self, *events: Event) -> None:
        """Let the centre have these events."""
        documents = [event_document(event) for event in events]
        note = Intake(at=instant(self.clock.now()), first=events[0].id)
        journal = self.journal or self.node
        self.centre.store.commit(
            Insert(journal_database(journal), documents),
            Keep(INTAKE, f"{journal}/{events[-1].id}", note),
        )

    def do(self, body: Body, *, at: datetime | None = None) -> Event:
        """Write an event and let the centre have it."""
        event = self.write(body, at=at)
        self.tell(event)
        return event

    def set_back(self, base: Event, *, by_hand: bool = True) -> Event:
        """Begin a new epoch after an event, as a restored database does."""
        self.epoch += 1
        self.seq, self.prev = base.seq, base.hash
        held = self.centre.store.record(NODES, self.node)
        assert held is not None
        given = structs.replace(held.value, epoch=self.epoch)
        self.centre.store.commit(
            Put(NODES, self.node, given, held.revision), directory.publish(self.centre, node=given)
        )
        return self.do(EpochStarted(reason="restored", base=base.id, by_hand=by_hand))

    def take(self, register: Register, size: int = 20, first: int | None = None) -> Grant:
        """Get a range from the centre and accept it."""
        year = buddhist_year(self.clock.now())
        made = grants.grant(self.centre, self.node, register, year, size=size, first=first)
        held = grants.granted(self.centre, self.code)
        paper = next(one for series in held for one in series.grants if one.grant == made.grant)
        self.do(RangeAccepted(grant=Signed(p=paper.payload, s=paper.signature)))
        return made

    def register(
        self,
        number: int,
        *,
        register: Register = Register.INCOMING,
        subject: str = "แจ้งกำหนดการประชุมผู้บริหารสถานศึกษา",
        source: Event | None = None,
        year: int = YEAR,
        at: datetime | None = None,
        letter_no: str = "",
        sender: str = "",
    ) -> Event:
        """Register a letter under a number."""
        body = LetterRegistered(
            register=register,
            year=year,
            number=number,
            subject=subject,
            sender=sender,
            letter_no=letter_no,
            source=source.source if source else None,
        )
        return self.do(body, at=at)

    def send(self, number: int, *offices: str, subject: str = "ขอเชิญประชุม") -> Event:
        """Register an outgoing letter and send it."""
        entry = self.register(number, register=Register.OUTGOING, subject=subject)
        letter = LetterSent(
            entry=entry.id,
            offices=offices,
            year=YEAR,
            number=number,
            subject=subject,
            letter_no=f"ศธ 04123/{number}",
        )
        return self.do(letter)

    def receive(self, letter: Event, sender: "Office") -> Event:
        """Note that another office's letter arrived."""
        return self.do(LetterArrived(source=letter.source, sender_office=sender.code))

    def book(self, letter: Event, sender: "Office", number: int) -> Event:
        """Register a letter that arrived, and give the receipt."""
        entry = self.register(number, source=letter)
        receipt = ReceiptGiven(
            source=letter.source,
            sender_office=sender.code,
            year=YEAR,
            number=number,
            registered_at=entry.at,
        )
        self.do(receipt)
        return entry


class District:
    """A centre and its offices."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.centre = make_centre(folder / "centre", CentralConfig(), clock=self.clock)
        self.offices: dict[str, Office] = {}

    def office(self, code: str, name: str = "", *, size: int = 20) -> Office:
        """Add an office with an enrolled node that holds ranges of both registers."""
        directory.add_office(
            self.centre, code, name=name or f"โรงเรียน {code}", prefix="ศธ 04123.45"
        )
        key = SigningKey.generate()
        code_slip = enrolment.make_code(self.centre, code)
        taken = enrolment.enrol(self.centre, code=code_slip.code, key=key.public, program="0.1.0")
        office = Office(self.centre, self.clock, NodeId(taken.node.node), code, key)
        office.do(JournalOpened(office=code, key=key.public, program="0.1.0"))
        office.do(PersonAdded(person=SOMSRI, username="somsri", name="สมศรี ใจดี", roles=("clerk",)))
        for register in BOOKS:
            if size:
                office.take(register, size)
        self.offices[code] = office
        return office

    def tamper(self, sql: str, *bindings: object) -> None:
        """Do what a hand with a SQLite shell could do to the centre's file."""
        with self.centre.database.write() as write:
            for trigger in ("document_is_never_removed", "document_is_never_changed"):
                write.cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            write.cursor.execute(sql, bindings)

    def tamper_event(self, event: Event, change: Callable[[str], str]) -> None:
        """Change the stored text of one event."""
        text = change(event.payload.decode("utf-8"))
        self.tamper(
            "UPDATE document SET payload = ? WHERE id = ? AND database ="
            " (SELECT number FROM document_database WHERE name = ?)",
            text,
            event.id,
            journal_database(event.node),
        )

    def mate(self, office: Office, name: str, *, size: int = 20) -> Office:
        """Enrol another node of an office."""
        key = SigningKey.generate()
        slip = enrolment.make_code(self.centre, office.code, node=NodeId(name))
        enrolment.enrol(self.centre, code=slip.code, key=key.public, program="0.1.0")
        mate = Office(self.centre, self.clock, NodeId(name), office.code, key)
        mate.do(JournalOpened(office=office.code, key=key.public, program="0.1.0"))
        for register in BOOKS:
            if size:
                mate.take(register, size)
        self.offices[name] = mate
        return mate

    def fork(self, office: Office, base: Event, name: str, *diverging: Body) -> Office:
        """Give the second of two machines with one name a name of its own.

        Args:
            office: the name both had; the first machine keeps it.
            base: the last event both share.
            name: the second machine's new name.
            diverging: what it wrote meanwhile, signed under the old name.
        """
        new_key = SigningKey.generate()
        slip = enrolment.make_code(self.centre, office.code, node=NodeId(name))
        enrolment.enrol(self.centre, code=slip.code, key=new_key.public, program="0.1.0")
        held = directory.node(self.centre.store, name)
        forked = structs.replace(
            held.value, origin=office.node, base=base.id, base_hash=base.hash,
            epoch=office.epoch + 1,
        )  # fmt: skip
        self.centre.store.commit(
            Put(NODES, name, forked, held.revision), directory.publish(self.centre, node=forked)
        )
        twin = Office(
            self.centre, self.clock, office.node, office.code, office.key, epoch=base.epoch,
            seq=base.seq, prev=base.hash, journal=NodeId(name),
        )  # fmt: skip
        for body in diverging:
            twin.do(body)
        twin.node, twin.key, twin.epoch = NodeId(name), new_key, forked.epoch
        twin.do(
            JournalForked(
                office=office.code, key=new_key.public, program="0.1.0", origin=office.node,
                base=base.id,
            )
        )  # fmt: skip
        self.offices[name] = twin
        return twin

    def lose_events(self, office: Office, first: int, last: int) -> None:
        """Remove events from the store."""
        self.tamper(
            "DELETE FROM document WHERE substr(id, 6) BETWEEN ? AND ? AND database ="
            " (SELECT number FROM document_database WHERE name = ?)",
            f"{first:010d}",
            f"{last:010d}",
            journal_database(office.node),
        )

    def close(self) -> None:
        self.centre.close()


def audited(district: District) -> Report:
    """Audit a district."""
    return Auditing(district.centre).run("system")


def only(report: Report) -> Finding:
    """Give the one finding of a report."""
    if len(report.findings) != 1:
        raise AssertionError(report.findings)
    return report.findings[0]
