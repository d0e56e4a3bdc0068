"""What journals say about numbers: the facts of the completeness proof, straight from events.

    event ──take──> granted ranges · facts about numbers, by series ──> completeness.account

Registers are made from the same events by other code; when both tell the same story, neither has
been changed behind the other's back.
"""

from collections.abc import Iterator

from saraban_sync.completeness import account, account_emergency
from saraban_sync.events import EntryVoided, Event, LetterRegistered, RangeAccepted
from saraban_sync.grants import parse_grant
from saraban_sync.ids import parse_event_id
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyRegistered,
    NumberReserved,
    NumbersReturned,
    NumbersSkipped,
    RangeTold,
    ReservationEnded,
)
from saraban_sync.registers import Register
from saraban_sync.states import Account, Fact, Granted, State

SeriesKey = tuple[Register, int]
"""Register and Buddhist year of one office."""


class Ledger:
    """Reads the journals of one office, each from its beginning, in any order of journals."""

    def __init__(self) -> None:
        self._granted: dict[SeriesKey, dict[str, Granted]] = {}
        self._lines: dict[SeriesKey, dict[str, Fact]] = {}
        self._gaps: dict[SeriesKey, list[Fact]] = {}
        self._emergency: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self._struck: set[str] = set()
        """Emergency lines that were cancelled before they had a number."""
        self._signers: dict[str, list[tuple[int, str]]] = {}
        """Of each node: from which place in its journal its events bear which name."""

    def take(self, event: Event, *, journal: str = "") -> None:
        """Read one event.

        Args:
            event: the next one of its journal.
            journal: the node whose journal it stands in, when that is not the one that signed it.
        """
        journal = journal or event.node
        names = self._signers.setdefault(journal, [])
        if not names or names[-1][1] != event.node:
            names.append((event.seq, event.node))
        match event.body:
            case RangeAccepted(grant=text):
                grant = parse_grant(text)
                granted = Granted(grant.first, grant.last, grant.node, grant.grant)
                self._grants((grant.register, grant.year))[grant.grant] = granted
            case RangeTold() as told:
                granted = Granted(told.first, told.last, event.node, told.grant)
                self._grants((told.register, told.year))[told.grant] = granted
            case LetterRegistered() as letter:
                claim = self._name(journal, letter.reservation) if letter.reservation else ""
                self._line(event, letter, State.ISSUED, claim=claim)
            case NumberReserved() as reserved:
                self._line(event, reserved, State.RESERVED)
            case ReservationEnded() as ended:
                state = State.VOID if ended.how == "void" else State.EXPIRED
                self._change(self._name(journal, ended.reservation), state)
            case EntryVoided() as voided:
                self._change(self._name(journal, voided.entry), State.VOID)
            case NumbersSkipped() | NumbersReturned() as gap:
                self._gap(event, gap)
            case EmergencyRegistered() as letter:
                given = self._emergency.setdefault((journal, letter.year), [])
                given.append((event.epoch, letter.emergency))
            case EmergencyCorrelated() as found:
                name = self._name(journal, found.entry)
                state = State.VOID if name in self._struck else State.ISSUED
                self._line(event, found, state, name=name)
            case _:
                pass

    def series(self) -> list[SeriesKey]:
        """List the series of which anything is known."""
        return sorted(self._lines.keys() | self._gaps.keys() | self._granted.keys())

    def granted(self, key: SeriesKey) -> list[Granted]:
        """List the ranges of a series."""
        return list(self._granted.get(key, {}).values())

    def facts(self, key: SeriesKey) -> Iterator[Fact]:
        """Give what is known about the numbers of a series."""
        yield from self._lines.get(key, {}).values()
        yield from self._gaps.get(key, ())

    def account(self, key: SeriesKey) -> Account:
        """Account for a series."""
        return account(self.granted(key), self.facts(key))

    def emergency(self) -> dict[tuple[str, int], Account]:
        """Account for the emergency register of each node and year."""
        return {key: account_emergency(given) for key, given in sorted(self._emergency.items())}

    def _grants(self, key: SeriesKey) -> dict[str, Granted]:
        return self._granted.setdefault(key, {})

    def _name(self, journal: str, event: str) -> str:
        """Name an event of a journal so that no other node's event has the same name."""
        _, seq = parse_event_id(event)
        signer = journal
        for since, name in self._signers.get(journal, ()):
            if since <= seq:
                signer = name
        return f"{signer} {event}"

    def _line(
        self,
        event: Event,
        body: LetterRegistered | NumberReserved | EmergencyCorrelated,
        state: State,
        *,
        claim: str = "",
        name: str = "",
    ) -> None:
        name = name or f"{event.node} {event.id}"
        fact = Fact(
            body.number, body.number, state, event.node, name, claim, event.at, event.actor
        )  # fmt: skip
        self._lines.setdefault((body.register, body.year), {})[name] = fact

    def _change(self, name: str, state: State) -> None:
        """Note that a line was struck."""
        for lines in self._lines.values():
            if name in lines:
                lines[name] = lines[name]._replace(state=state)
                return
        self._struck.add(name)

    def _gap(self, event: Event, body: NumbersSkipped | NumbersReturned) -> None:
        skipped = isinstance(body, NumbersSkipped)
        fact = Fact(
            body.first, body.last, State.SKIPPED if skipped else State.RETURNED, event.node,
            f"{event.node} {event.id}", "", event.at, event.actor,
            body.why if isinstance(body, NumbersSkipped) else "year-end",
        )  # fmt: skip
        self._gaps.setdefault((body.register, body.year), []).append(fact)
