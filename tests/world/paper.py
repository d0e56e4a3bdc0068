"""Paper: every number that anybody in the district was ever told. It never forgets and never lies.

Each desk has its own paper, and it stays on the desk when the machine on it is replaced. What the
databases say is checked against it; what clerks read to an administrator is read from it.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Series(NamedTuple):
    """Numbers that may be given once only: an office's book, or a node's emergency register."""

    owner: str
    book: str
    year: int


class Word(NamedTuple):
    """What a clerk was told with a number."""

    desk: int
    event: str
    """Hash of the event that gave the number its line."""
    claims: str = ""
    """Hash of the event that had reserved the number for it, if one had."""


Excuse = Callable[[Word], bool]


class Double(NamedTuple):
    """A number that two machines gave, which knew nothing of each other."""

    series: Series
    number: int
    words: tuple[Word, ...]


class GivenTwice(AssertionError):
    """A number was given twice, and nothing excuses it."""


@dataclass
class Paper:
    """All numbers told in the district."""

    told: dict[Series, dict[int, list[Word]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    said: dict[tuple[Series, int, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """By number and line: hashes of the events that say that it bears it."""
    lasts: dict[tuple[int, Series], int] = field(default_factory=dict)
    """The greatest number of a series on each desk."""

    def tell(self, series: Series, number: int, word: Word, said: str, *, excused: Excuse) -> None:
        """Write down what a clerk was told.

        Args:
            series: of which series the number is.
            number: the number.
            word: what was said.
            said: hash of the event that says so: the line's own, or a later one that gives an
                emergency entry its number.
            excused: tells whether somebody at another desk may have been told the same number.

        Raises:
            GivenTwice: somebody else has the number, at a desk that is not excused.
        """
        key = (word.desk, series)
        self.lasts[key] = max(number, self.lasts.get(key, 0))
        self.said[series, number, word.event].add(said)
        before = self.told[series][number]
        if any(word.event in (one.event, one.claims) for one in before):
            return  # told before, by whatever machine
        others = [one for one in before if one.event != word.claims]
        if wrong := [one for one in others if not excused(one)]:
            raise GivenTwice(f"{series} {number}: {wrong} and now {word}")
        self.told[series][number] = [*others, word]

    def last(self, desks: frozenset[int], series: Series) -> int:
        """Give the greatest number of a series on some desks; 0 for none."""
        return max((self.lasts.get((desk, series), 0) for desk in desks), default=0)

    def doubles(self) -> list[Double]:
        """List the numbers that were given twice, excused as they were."""
        return [
            Double(series, number, tuple(words))
            for series, numbers in self.told.items()
            for number, words in numbers.items()
            if len(words) > 1
        ]
