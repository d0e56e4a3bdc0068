"""A centre that is set back without a word: what it may grant a second time before it is noticed.

That the centre's grants are durable, or that it is said when they are not, is what the guarantee
rests on (docs/adr/0017). As long as nobody has said so, and no machine that knows better has come
by, the centre cannot know of the grants that it has forgotten. What it gives twice then is excused,
and must be shown by name; nothing that it grants afterwards is.

Whoever bears a name speaks for all that was granted under it. If two machines bear it, and nobody
has noticed, the centre that was set back cannot know that it has heard only one of them, even if it
was said. What it grants twice until the other comes by is excused too, and nothing afterwards.

What both the centre and the machine have forgotten, because both were set back, nobody knows but
the paper. A number of such a range may be granted again, if the letter that bore it is nowhere any
more.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from saraban_central.numbering import grants
from tests.world.headquarters import Headquarters
from tests.world.paper import Series


class _Range(NamedTuple):
    """A range that the centre has granted."""

    series: Series
    node: str
    first: int
    last: int
    at: str
    generation: int


@dataclass
class _Time:
    """The time after the centre was set back without a word."""

    generation: int
    lost: set[_Range]
    known: frozenset[_Range]
    made: frozenset[_Range] | None = None
    """What it granted until it was set back again; None as long as it goes on."""


@dataclass
class _Away:
    """Machines of one name that were not here yet since the centre was set back."""

    desks: set[int]
    lost: frozenset[_Range]
    """What the centre has forgotten of the ranges of that name."""
    before: frozenset[_Range]
    """All that was granted before."""
    made: frozenset[_Range] | None = None
    """What it had granted since when the last of them came; None as long as one is away."""


@dataclass
class Silence:
    """All that was forgotten without a word."""

    centre: Headquarters
    _away: list[_Away] = field(default_factory=list)
    _times: list[_Time] = field(default_factory=list)
    _ever: set[_Range] = field(default_factory=set)
    """All that was granted before the centre was last set back."""
    _forgotten: set[_Range] = field(default_factory=set)
    """All that it ever forgot when it was set back."""

    @property
    def ever(self) -> bool:
        """Whether the centre was ever set back without a word."""
        return bool(self._times)

    def granted(self) -> frozenset[_Range]:
        """Give all ranges of which the centre knows now."""
        return frozenset(
            _Range(
                Series(held.office, held.register, held.year), grant.node, grant.first, grant.last,
                grant.at, grant.generation,
            )
            for held in grants.granted(self.centre.centre)
            for grant in map(grants.grant_of, held.grants)
        )  # fmt: skip

    def set_back(
        self, before: frozenset[_Range], *, said: bool, desks: Mapping[str, set[int]]
    ) -> None:
        """Note that the centre was set back.

        Args:
            before: what it had granted.
            said: whether somebody has said so.
            desks: by name, the desks of the machines that bear it.
        """
        self._ever |= before
        forgotten = self._ever - self.granted()
        self._forgotten |= forgotten
        self._away += [
            _Away(set(those), lost, frozenset(self._ever))
            for name, those in desks.items()
            if len(those) > 1 and (lost := frozenset(r for r in forgotten if r.node == name))
        ]
        if self._times and self._times[-1].made is None:
            self._times[-1].made = before
        if not said:  # a word that was said before is forgotten too
            known = self.granted()
            generation = self.centre.centre.identity.generation
            self._times.append(_Time(generation, self._ever - known, known))

    def came(self, desk: int) -> None:
        """Note that a machine was in contact with the centre."""
        for one in self._away:
            if desk in one.desks:
                one.desks.remove(desk)
                if not one.desks:
                    one.made = self._made_since(one)

    def excuses(self, series: Series, number: int) -> bool:
        """Tell whether a number may have been granted twice in silence."""
        return any(
            _covers(one.lost, series, number) and _covers(self._made_in(one), series, number)
            for one in self._times
        ) or any(
            _covers(one.lost, series, number) and _covers(self._made_since(one), series, number)
            for one in self._away
        )

    def has_forgotten(self, series: Series, number: int) -> bool:
        """Tell whether the centre has ever forgotten that it had granted a number."""
        return _covers(self._forgotten, series, number)

    def _made_since(self, away: _Away) -> frozenset[_Range]:
        """Give what was granted until the last of the machines had come."""
        return (
            frozenset(self._ever | self.granted()) - away.before if away.made is None else away.made
        )

    def _made_in(self, time: _Time) -> frozenset[_Range]:
        """Give what was granted in a time before anybody had noticed."""
        made = self.granted() if time.made is None else time.made
        new = made - time.known
        return frozenset(one for one in new if one.generation == time.generation)


def _covers(ranges: Collection[_Range], series: Series, number: int) -> bool:
    return any(one.series == series and one.first <= number <= one.last for one in ranges)
