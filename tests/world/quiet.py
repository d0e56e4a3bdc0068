"""The end of a story: everybody exchanges until nothing moves any more, and all is held to account.

A clerk may see to a clock that cannot be trusted; nothing else is helped along.
"""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Final

from saraban_base.sqlite import rows
from saraban_central.audit.findings import Finding
from saraban_central.audit.keeping import Auditing
from saraban_central.audit.report import Report
from saraban_central.identity.errors import CannotKeep
from saraban_central.records import ALARMS, Alarm
from saraban_node import meta
from saraban_node.errors import JournalsDiverge
from saraban_node.identity import fence
from saraban_node.identity.errors import CentreDecides, EpochRefused, Superseded, TwinFound
from saraban_node.numbering import prove
from saraban_sync.errors import SarabanError
from saraban_sync.events import Event, parse_event
from saraban_sync.ids import event_id
from saraban_sync.wire import DIRECTORY, journal_database, mailbox_database, revision_of_hash
from tests.promises import kept
from tests.world import clerks
from tests.world.district import OFFICES, District
from tests.world.machines import Machine
from tests.world.paper import Series
from tests.world.watch import EMERGENCY, Broken

_OF_IDENTITY: Final = (TwinFound, Superseded, JournalsDiverge, EpochRefused, CentreDecides)
"""What a machine may be told about who it is; what is to be done then is done in the next turn."""
_ROUNDS: Final = 40
_MANY: Final = 200
_ALL: Final = 100_000
_Place = tuple[tuple[str, ...], int]
_NOWHERE: Final[_Place] = ((), 0)
_OF_CLOCKS: Final = {"clock-back", "clock-ahead"}
_TWICE: Final = (
    "number-twice", "number-twice-void", "number-twice-expired", "emergency-twice",
)  # fmt: skip
Told = tuple[Series, int]
_EVENT: Final = re.compile(r"(?:letter |\()([\w-]+) (\d{4}-\d{10})")
_EMERGENCY: Final = re.compile(r"number (\d+)(?:–(\d+))?/")


def settle(district: District) -> None:
    """Let everybody exchange until all is quiet.

    Raises:
        Broken: it never gets quiet.
    """
    for machine in district.touched():
        machine.batch(_MANY)
    seen: dict[int, _Place] = {}
    for _ in range(_ROUNDS):
        moved = 0
        for machine in district.touched():
            if district.is_locked_out(machine):
                continue
            place = _place(district, machine)
            if machine.fenced() or seen.get(machine.desk) != place:
                moved += _turn(district, machine)
                seen[machine.desk] = place if _place(district, machine) == place else _NOWHERE
            moved += bool(machine.fenced())
        moved += district.centre.work()
        district.watch.centre(district.centre)
        if not moved:
            return
    fenced = {(one.desk, one.name): one.fenced() for one in district.touched()}
    raise Broken(f"still not quiet after {_ROUNDS} rounds: {fenced}")


def hold_to_account(district: District) -> Report:
    """Check every machine and the centre against each other, and against the paper.

    Raises:
        Broken, BrokenPromise: something does not hold.
    """
    for machine in district.touched():
        kept(machine.node)
        if district.is_locked_out(machine):
            continue
        _is_at_work(machine)
        _is_proved_twice(district, machine)
        _is_at_the_centre(district, machine)
    _all_came_again(district)
    report = Auditing(district.centre.centre).run("system")
    _audit_is_clean(district, report)
    _audit_finds_doubles(district, report)
    return report


def _place(district: District, machine: Machine) -> _Place:
    """Say up to where everything has come that a machine can still fetch or send."""
    store = district.centre.centre.store
    fetched = [store.database(name) for name in (mailbox_database(machine.name), DIRECTORY)]
    return tuple(info.last if info else "" for info in fetched), len(machine.events)


def _turn(district: District, machine: Machine) -> int:
    """One machine's turn; gives how much moved."""
    _see_to_the_clock(machine)
    with suppress(SarabanError):
        clerks.keep_house(machine)
    moved = _take_back(district, machine)
    with suppress(*_OF_IDENTITY):
        moved += district.exchange(machine)
    with suppress(*_OF_IDENTITY):
        moved += _lead_back(district, machine)
    district.watch.machine(machine)
    return moved


def _take_back(district: District, machine: Machine) -> int:
    """Let a node come back that the centre has forgotten."""
    if district.centre.knows(machine.name):
        return 0
    district.take_back(machine)
    district.tally["at the end: take back"] += 1
    return 1


def _lead_back(district: District, machine: Machine) -> int:
    """Let a machine that is stopped go on, as the centre has decided."""
    why = machine.fenced()
    if not why:
        return 0
    if district.said(machine) == "fork":
        district.fork(machine)
        district.tally["at the end: fork"] += 1
        return 1
    if district.said(machine) == "resume" or why in fence.BY_HAND:
        district.lift(machine, sure=False)
        district.tally[f"at the end: lift {why}"] += 1
        return 1
    return _decide(district)


def _decide(district: District) -> int:
    """Let the centre's administrator choose a machine: one of those that can be chosen."""
    for which in range(8):
        with suppress(CannotKeep, LookupError):
            district.centre.decide(which)
            district.tally["at the end: decide"] += 1
            return 1
    return 0


def _see_to_the_clock(machine: Machine) -> None:
    machine.clock.put(timedelta())
    if clerks.clock_refused(machine):
        with suppress(SarabanError):
            clerks.confirm_clock(machine, administrator=True)


def _is_proved_twice(district: District, machine: Machine) -> None:
    """Registers and journal say the same, and nothing is unexplained but what paper has twice."""
    node = machine.node
    with node.db.read() as cursor:
        proof = prove.from_journal(cursor, prove.prove(cursor), key=node.journal.key.public)
    for one in proof.series:
        district.watch.account(machine, one.register, one.year, one.account)
        if one.agrees is False:
            raise Broken(f"desk {machine.desk}: the journal says otherwise of {one}")
    if wrong := [one for one in proof.emergency if not one.whole]:
        raise Broken(f"desk {machine.desk}: {wrong}")


def _is_at_the_centre(district: District, machine: Machine) -> None:
    """The centre has every event of the machine's journal, the same bytes under the same name.

    What a forked machine wrote before it parted from the other is in that one's journal.
    """
    store = district.centre.centre.store
    with machine.node.db.read() as cursor:
        own = rows(cursor, "SELECT epoch, seq, hash FROM journal ORDER BY seq")
        base = meta.get(cursor, meta.ORIGIN)
    held = {one.id: one.revision for one in store.page(journal_database(machine.name), limit=_ALL)}
    for epoch, seq, hash_ in own:
        name = event_id(epoch, seq)
        if name > base and held.get(name) != revision_of_hash(hash_):
            raise Broken(f"desk {machine.desk}: the centre does not hold {name} of {machine.name}")


def _all_came_again(district: District) -> None:
    """What the centre had acknowledged, and forgot when it was set back, is there again.

    Only what no machine has any more, after backups were put in the place of all that had it, is
    lost; the centre cannot know of it.
    """
    held, kept_here = district.centre.held(), _kept(district)
    for journal, events in district.watch.owed.items():
        lost = [one for one in events if one[1] in kept_here and one[1] not in held]
        if lost:
            raise Broken(f"{journal}: {lost} did not come again")


def _kept(district: District) -> set[str]:
    """Name all events that stand on a machine which the centre lets in."""
    return {
        revision_of_hash(hash_)
        for machine in district.touched()
        if not district.is_locked_out(machine)
        for hash_ in machine.events
    }


def _is_lost(district: District, finding: Finding) -> bool:
    """Tell whether the letter that a finding misses was forgotten and is on no machine any more.

    Another event may stand in its place: the centre gave its epoch, which it had forgotten, again.
    """
    named = _EVENT.search(finding.english)
    source = getattr(_event_of(district, finding).body, "source", None)
    if named is None or source is None:
        raise Broken(f"which letter? {finding}")
    owed = district.watch.owed.get(journal_database(named[1]), [])
    letter = (source.event, revision_of_hash(source.hash))
    return letter in owed and letter[1] not in district.centre.held() | _kept(district)


def _is_at_work(machine: Machine) -> None:
    """Nobody is left behind a fence."""
    if why := machine.fenced():
        raise Broken(f"desk {machine.desk}, {machine.name}, is still {why}")


def _audit_is_clean(district: District, report: Report) -> None:
    """The auditor finds nothing but what paper has twice, and what wrong clocks have done."""
    expected = {"late"}  # nobody had to register what arrived
    expected |= _OF_CLOCKS if district.clocks_were_wrong else set()
    if not OFFICES.keys() <= {machine.name for machine in district.touched()}:
        expected.add("not-arrived")  # nobody is there under the name that gets an office's letters
    twice = {(one.series, one.number) for one in district.paper.doubles()}
    wrong = []
    for one in report.findings:
        if one.kind in ("not-sent", "sent-altered") and _is_lost(district, one):
            continue
        told = _named(district, one)
        loud = told - twice if _is_about_doubles(district, one) else told
        if one.kind in expected or (told and all(district.silence.excuses(*it) for it in loud)):
            continue
        wrong.append(one)
    if wrong:
        raise Broken(f"the auditor found {wrong}")


def _audit_finds_doubles(district: District, report: Report) -> None:
    """Every double of which the centre holds both letters is shown by name.

    An emergency entry that it holds says nothing of a number; the event that gave it one does.
    """
    shown: set[Told] = set()
    for one in report.findings:
        shown |= _named(district, one) if _is_about_doubles(district, one) else set()
    held = district.centre.held()
    for double in district.paper.doubles():
        known = [
            word
            for word in double.words
            if any(
                revision_of_hash(said) in held
                for said in district.paper.said[double.series, double.number, word.event]
            )
        ]
        if len(known) > 1 and (double.series, double.number) not in shown:
            raise Broken(f"the auditor does not find {double}")


def _named(district: District, finding: Finding) -> set[Told]:
    """Say which numbers a finding names; none for one that is not about numbers."""
    first, last, owner, book = finding.number, finding.last, finding.office, finding.register
    if finding.kind == "emergency-twice":
        said = _EMERGENCY.search(finding.english)
        if said is None:
            raise Broken(f"which numbers? {finding}")
        first, last = int(said[1]), int(said[2] or said[1])
        owner, book = _signed_by(district, finding), EMERGENCY
    if finding.kind == "alarm":
        return {
            (Series(owner, one.register, one.year), one.number)
            for one in _alarmed(district, finding)
        }
    if first == 0:
        return set()
    return {(Series(owner, book, finding.year), number) for number in range(first, last + 1)}


def _signed_by(district: District, finding: Finding) -> str:
    return _event_of(district, finding).node


def _event_of(district: District, finding: Finding) -> Event:
    store = district.centre.centre.store
    event = store.get(journal_database(finding.node), [finding.event])[finding.event]
    return parse_event(event.payload, event.signature)


def _alarmed(district: District, finding: Finding) -> list[Alarm]:
    start = f"{finding.node}/{finding.event}/"
    return [one.value for one in district.centre.centre.store.records(ALARMS, start)]


def _is_about_doubles(district: District, finding: Finding) -> bool:
    if finding.kind == "alarm":
        return all(one.kind == "number-used-twice" for one in _alarmed(district, finding))
    return finding.kind in _TWICE
