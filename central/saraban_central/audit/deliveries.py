"""What one office says it sent, against what the others say they received and registered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from saraban_central.audit.evidence import Directory, Letters, Rules, SentLetter, Told
from saraban_central.audit.findings import Finding, Numbers, Place, found
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.ids import parse_event_id
from saraban_sync.registers import Register, parse_instant

_NAMED: Final = 5


class Reconciled(NamedTuple):
    """The count of letters between offices, and what does not agree."""

    sent: int
    """Letters times receivers."""
    arrived: int
    registered: int
    findings: list[Finding]


def reconcile(letters: Letters, directory: Directory, rules: Rules, now: datetime) -> Reconciled:
    """Compare both sides of every letter.

    Args:
        letters: what all journals say.
        directory: who takes letters.
        rules: how long a letter may take.
        now: the moment of the audit.
    """
    arrived = _by_letter(letters, letters.arrived)
    registered = _by_letter(letters, letters.registered)
    findings = _unknown_letters(letters, directory)
    findings += _wrong_receipts(letters)
    findings += _late(letters, directory, rules, now)
    takers = directory.takers()
    counts = [0, 0, 0]
    for letter in letters.every():
        missing = []
        for office in dict.fromkeys(letter.offices):
            key = (office, (letter.node, letter.event, letter.hash))
            got, booked = key in arrived, key in registered
            for place, true in enumerate((True, got or booked, booked)):
                counts[place] += true
            if not got and not booked and office != letter.office:
                missing.append(office)
        findings += _not_arrived(letter, missing, directory, takers)
        findings += _slow(letter, [one for one in missing if one in takers], directory, rules, now)
    return Reconciled(counts[0], counts[1], counts[2], findings)


_Key = tuple[str, tuple[str, str, str]]
"""The receiving office; node, event and hash of the letter."""


def _by_letter(letters: Letters, told: Iterable[Told]) -> dict[_Key, Told]:
    first: dict[_Key, Told] = {}
    for one in told:
        first.setdefault(_key(letters, one), one)
    return first


def _key(letters: Letters, told: Told) -> _Key:
    sent = letters.letter(told)
    return told.office, (*told.source, sent.hash if sent else told.hash)


def _unknown_letters(letters: Letters, directory: Directory) -> list[Finding]:
    findings: list[Finding] = []
    accused: set[tuple[str, tuple[str, str]]] = set()
    for told in (*letters.arrived, *letters.registered, *letters.receipted):
        key = (told.office, told.source)
        sent = letters.letter(told)
        if key in accused or (sent is not None and _agree(told, sent)):
            continue
        if sent is None and _cannot_tell(letters, told.source):
            continue
        accused.add(key)
        same = sent is not None and told.office in sent.offices
        source = " ".join(told.source)
        findings.append(
            found("sent-altered" if same else "not-sent", _place(told),
                  other=directory.name(sent.office) if sent else told.source[0], source=source)
        )  # fmt: skip
    return findings


def _agree(told: Told, sent: SentLetter) -> bool:
    return told.hash == sent.hash and told.office in sent.offices


def _cannot_tell(letters: Letters, source: tuple[str, str]) -> bool:
    """Tell whether the sender's own event is damaged or missing here: that is reported there."""
    node, event = source
    if source in letters.unproven:
        return True
    try:
        seq = parse_event_id(event)[1]
    except NotAnIdentifier:
        return False
    return any(first <= seq <= last for first, last in letters.gaps.get(node, ()))


def _wrong_receipts(letters: Letters) -> list[Finding]:
    booked: dict[_Key, set[tuple[int, int]]] = {}
    for told in letters.registered:
        if told.numbers != (0, 0):  # it has only an emergency number yet
            booked.setdefault(_key(letters, told), set()).add(told.numbers)
    findings = []
    for told in letters.receipted:
        held = booked.get(_key(letters, told), set())
        if told.numbers in held:
            continue
        year, number = told.numbers
        names = ", ".join(f"{n}/{y}" for y, n in sorted(held)) or "–"
        findings.append(
            found("receipt-wrong", _place(told), Numbers(Register.INCOMING, year, number),
                  said=f"{number}/{year}", held=names)
        )  # fmt: skip
    return findings


def _late(letters: Letters, directory: Directory, rules: Rules, now: datetime) -> list[Finding]:
    registered = _by_letter(letters, letters.registered)
    findings = []
    for key, told in _by_letter(letters, letters.arrived).items():
        days = (now - parse_instant(told.at)).days
        sent = letters.letter(told)
        if key not in registered and days >= rules.late_days and sent is not None:
            other = directory.name(sent.office)
            findings.append(found("late", _place(told), letter=sent.label, other=other, days=days))
    return findings


def _not_arrived(
    letter: SentLetter, missing: Iterable[str], directory: Directory, takers: frozenset[str]
) -> list[Finding]:
    """Report offices that cannot take the letter, all of one kind together."""
    unknown = [office for office in missing if office not in directory.offices]
    bare = [
        directory.name(office)
        for office in missing
        if office in directory.offices and office not in takers
    ]
    place = Place(letter.office, letter.node, letter.event, letter.at)
    return [
        found(kind, place, letter=letter.label, other=_few(offices))
        for kind, offices in (("unknown-office", unknown), ("no-machine", bare))
        if offices
    ]


def _slow(
    letter: SentLetter, offices: Iterable[str], directory: Directory, rules: Rules, now: datetime
) -> list[Finding]:
    days = (now - parse_instant(letter.at)).days
    if days < rules.late_days:
        return []
    place = Place(letter.office, letter.node, letter.event, letter.at)
    return [
        found("not-arrived", place, letter=letter.label, other=directory.name(office), days=days)
        for office in offices
    ]


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} +{len(names) - _NAMED}"


def _place(told: Told) -> Place:
    return Place(told.office, told.node, told.event, told.at)
