"""A number that two machines gave is explained on a node once one of its letters is void."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.cli.number_words import passport_lines, proof_lines
from saraban_node.line import colleagues
from saraban_node.numbering import passport, prove
from saraban_node.numbering.prove import Proof, SeriesProof
from saraban_sync.events import EntryVoided, LetterRegistered
from saraban_sync.registers import Register
from saraban_sync.states import State, Trouble
from tests.offices import (
    SOMSRI,
    YEAR,
    FarOffice,
    HandClock,
    Numbers,
    a_letter,
    an_office,
    events_of,
    register,
)

BOOK = Register.OUTGOING
THEIRS = "school-a-2"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node", clock=HandClock(), ranges=[Numbers(BOOK, YEAR, 20)])
    yield made
    made.close()


@pytest.fixture
def twin(node: Appliance) -> FarOffice:
    """The other machine, which had this one's name and journal until now."""
    return FarOffice(code="school-a", key=node.journal.key, last=events_of(node)[-1])


def _prove(node: Appliance) -> Proof:
    with node.db.read() as cursor:
        return prove.from_journal(cursor, prove.prove(cursor), key=node.journal.key.public)


def _book(found: Proof) -> SeriesProof:
    return next(one for one in found.series if one.register is BOOK)


def _hear(node: Appliance, twin: FarOffice, *bodies: LetterRegistered | EntryVoided) -> str:
    event = None
    for body in bodies:
        event = twin.write(body)
        with node.db.write() as write:
            colleagues.take(write, node.journal, event, THEIRS)
    assert event is not None
    return event.id


def _letter() -> LetterRegistered:
    return LetterRegistered(register=BOOK, year=YEAR, number=1, subject="ของอีกเครื่อง")


def test_the_own_letter_is_voided(node: Appliance, twin: FarOffice) -> None:
    mine = register(node, a_letter(1, BOOK))
    theirs = _hear(node, twin, _letter())
    assert [one.trouble for one in _book(_prove(node)).account.problems] == [Trouble.TWICE]

    with node.db.write() as write:
        letters.void_entry(write, node.journal, mine.id, reason="เลขซ้ำกับอีกเครื่อง", actor=SOMSRI)
    found = _prove(node)

    assert (found.whole, _book(found).agrees) == (True, True)
    (twice,) = _book(found).settled
    assert [(one.node, one.event, one.state) for one in twice.letters] == [
        ("school-a", mine.id, State.VOID),
        (THEIRS, theirs, State.ISSUED),
    ]
    assert (twice.letters[0].who, twice.letters[0].why) == (SOMSRI, "เลขซ้ำกับอีกเครื่อง")


def test_the_other_machine_voids_its_letter(node: Appliance, twin: FarOffice) -> None:
    mine = register(node, a_letter(1, BOOK))
    theirs = _hear(node, twin, _letter())

    _hear(node, twin, EntryVoided(entry=theirs, reason="เลขซ้ำ"))
    found = _prove(node)

    assert (found.whole, _book(found).agrees) == (True, True)
    (twice,) = _book(found).settled
    assert [(one.event, one.state, one.why) for one in twice.letters] == [
        (mine.id, State.ISSUED, ""),
        (theirs, State.VOID, "เลขซ้ำ"),
    ]
    assert THEIRS in twice.letters[1].who
    said = "\n".join(proof_lines(found))
    assert "! 1 ออกซ้ำ" in said
    assert f"{THEIRS} {theirs}  ยกเลิก · void" in said


def test_the_life_of_the_number_says_that_it_was_given_twice(
    node: Appliance, twin: FarOffice
) -> None:
    register(node, a_letter(1, BOOK))
    theirs = _hear(node, twin, _letter())
    _hear(node, twin, EntryVoided(entry=theirs, reason="เลขซ้ำ"))

    with node.db.read() as cursor:
        life = passport.of_number(cursor, BOOK, YEAR, 1)

    assert (life.problems, life.settled, life.state) == ((), True, State.ISSUED)
    assert any(line.startswith("! ออกซ้ำ") for line in passport_lines(life))
