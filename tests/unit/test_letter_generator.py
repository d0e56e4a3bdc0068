"""The letters made for benches are as varied as real ones, and the same for the same seed."""

import zlib
from itertools import islice
from pathlib import Path

from saraban_node.importer.letter import ImportedLetter
from saraban_sync.registers import Register, Urgency
from saraban_sync.thai import tidy
from tests.letters import LetterFields, letters
from tests.offices import BOOKS
from tests.register_files import letters_of

SAMPLE = Path(__file__).parents[2] / "scripts" / "sample-letters" / "incoming.csv"


def packed(subjects: list[str]) -> float:
    """Bytes for each subject after compression."""
    return len(zlib.compress("\n".join(subjects).encode())) / len(subjects)


def test_the_same_seed_gives_the_same_letters_and_another_gives_others() -> None:
    assert list(letters(1, 50)) == list(letters(1, 50))
    assert list(islice(letters(1, 1_000), 50)) == list(letters(1, 50))
    assert list(letters(2, 50)) != list(letters(1, 50))


def test_subjects_hardly_repeat_and_are_as_long_as_real_ones() -> None:
    subjects = [fields["subject"] for fields in letters(7, 20_000)]
    lengths = sorted(map(len, subjects))

    assert len(set(subjects)) > 0.98 * len(subjects)
    assert lengths[1_000] >= 40
    assert lengths[-1_000] <= 120


def test_they_compress_no_better_than_letters_written_by_hand() -> None:
    by_hand = [letter.subject for letter in letters_of(SAMPLE)]
    made = [fields["subject"] for fields in letters(7, len(by_hand), register=Register.INCOMING)]

    assert packed(made) > 0.95 * packed(by_hand)


def test_every_letter_can_be_registered() -> None:
    def read(fields: LetterFields) -> ImportedLetter:
        return ImportedLetter(**fields)

    made = [read(fields) for fields in letters(3, 2_000)]

    assert {letter.register for letter in made} == set(BOOKS)
    assert {letter.urgency for letter in made} == set(Urgency)
    assert {letter.offices for letter in made} == {(), ("area-1",)}
    assert all(letter.subject == tidy(letter.subject) for letter in made)
    assert all(not letter.offices for letter in made if letter.register is Register.INCOMING)
