"""How long numbers last, and when to ask for more: arithmetic only.

    used in the last 28 days ──> numbers a day ──┐
    longest silence seen ──> days to bridge ─────┴──> mark: with fewer than these left, ask
    low-water mark ────────────────────────────────┘

A fixed mark alone is wrong for every office but one: an area office uses a school's month of
numbers in a day, and a school on a mountain may be cut off for weeks. The numbers asked for are
always whole blocks, so that the ranges of an office stay few. From 1 October the first range of the
next year is asked for as well, so that 1 January needs no line.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from saraban_sync.registers import BUDDHIST_ERA, Register

WINDOW_DAYS: Final = 28
"""So many days back the use of numbers is counted."""
ASK_AGAIN: Final = timedelta(days=3)
"""A request that nothing came of may be made again after this."""
_FEWEST_DAYS: Final = 7
"""Fewer days say too little: an office's first morning is no measure of its year."""
_DAY_SECONDS: Final = 86_400
_AHEAD_MONTH: Final = 10


class Policy(NamedTuple):
    """How an office is provided for; a setting of the node."""

    block: int = 500
    """Numbers of one block: requests are for whole blocks."""
    low: int = 100
    """With fewer numbers left than this, more are asked for, however slowly they are used."""
    bridge_days: int = 14
    """Numbers must last at least so many days without a line."""
    most_bridge_days: int = 120
    """No silence, however long, makes an office hoard for more days than this."""
    most_blocks: int = 10
    """Never ask for more blocks at once."""


DEFAULT: Final = Policy()


class Stock(NamedTuple):
    """What a node has of one series, and how fast its register is used."""

    register: Register
    year: int
    """Buddhist year."""
    granted: int
    """Numbers of the series that the node was ever granted."""
    left: int
    """Numbers of it that can still be given."""
    asked: int = 0
    """Numbers that were asked for and may still come: see :data:`ASK_AGAIN`."""
    used: int = 0
    """Numbers of the register, of whatever year, that were used in the last
    :data:`WINDOW_DAYS`."""
    days: int = WINDOW_DAYS
    """Days of that window in which the register was in use at all."""


class Forecast(NamedTuple):
    """How long the numbers of a series last."""

    per_day: Fraction
    days_left: int | None
    """Whole days; None when none was used lately, so that there is no end in sight."""
    bridge_days: int
    """Days that the numbers must last without a line."""
    mark: int
    """With fewer numbers left than this it is time for more."""
    enough: bool

    @property
    def per_day_text(self) -> str:
        """The numbers a day as a decimal number, as requests carry it."""
        hundredths = round(self.per_day * 100)
        return f"{hundredths // 100}.{hundredths % 100:02d}"


class Wish(NamedTuple):
    """Numbers to ask the centre for; the fields of a ``range.requested`` event."""

    register: Register
    year: int
    size: int
    left: int
    per_day: str
    silence_s: int


def forecast(stock: Stock, *, silence_s: int = 0, policy: Policy = DEFAULT) -> Forecast:
    """Tell how long the numbers of a series last.

    Args:
        stock: what there is, and how fast it is used.
        silence_s: the longest time without contact that was seen; seconds.
        policy: how the office is provided for.
    """
    days = min(max(stock.days, _FEWEST_DAYS), WINDOW_DAYS)
    per_day = Fraction(max(stock.used, 0), days)
    silence_days = -(-max(silence_s, 0) // _DAY_SECONDS)
    # Twice the longest silence: the next one may begin the day after numbers came.
    bridge = min(max(policy.bridge_days, 2 * silence_days), policy.most_bridge_days)
    mark = max(policy.low, _up(per_day * bridge))
    return Forecast(
        per_day=per_day,
        days_left=int(stock.left / per_day) if per_day else None,
        bridge_days=bridge,
        mark=mark,
        enough=stock.left >= mark,
    )


def wishes(
    stocks: Iterable[Stock], *, today: date, silence_s: int = 0, policy: Policy = DEFAULT
) -> list[Wish]:
    """Say what to ask the centre for now.

    A register is provided for once it was granted numbers of this year or of the year before; one
    that nobody uses is left alone.

    Args:
        stocks: every series of which the node was ever granted numbers or has asked for some;
            others need not be named.
        today: the day in Thailand's calendar.
        silence_s: the longest time without contact that was seen; seconds.
        policy: how the office is provided for.
    """
    known = {(one.register, one.year): one for one in stocks}
    this = today.year + BUDDHIST_ERA
    found: list[Wish] = []
    for register in Register:
        series = [known.get((register, year)) for year in (this - 1, this)]
        if not any(one is not None and one.granted for one in series):
            continue
        latest = [one for one in series if one is not None][-1]
        for year in (this, this + 1) if ahead(today) else (this,):
            stock = known.get((register, year)) or Stock(register, year, granted=0, left=0)
            # How fast a register is used does not depend on the year it begins.
            stock = stock._replace(used=max(stock.used, latest.used), days=latest.days)
            wish = _wish(stock, first_only=year > this, silence_s=silence_s, policy=policy)
            if wish is not None:
                found.append(wish)
    return found


def ahead(today: date) -> bool:
    """Tell whether the first ranges of the next year are due: from 1 October."""
    return today.month >= _AHEAD_MONTH


def first_size(stock: Stock, *, silence_s: int = 0, policy: Policy = DEFAULT) -> int:
    """Give the size of the first range of a year, whole blocks."""
    said = forecast(stock._replace(left=0), silence_s=silence_s, policy=policy)
    return _size(said.mark, policy)


def _wish(stock: Stock, *, first_only: bool, silence_s: int, policy: Policy) -> Wish | None:
    said = forecast(stock, silence_s=silence_s, policy=policy)
    coming = stock.left + stock.asked
    # Ranges of next year that were given up after a restore or a fork are none.
    wanted = coming == 0 if first_only else coming < said.mark
    if not wanted:
        return None
    return Wish(
        register=stock.register,
        year=stock.year,
        size=_size(said.mark - coming, policy),
        left=stock.left,
        per_day=said.per_day_text,
        silence_s=max(silence_s, 0),
    )


def _size(lacking: int, policy: Policy) -> int:
    """Give whole blocks: enough that the mark is not reached again with the next letter."""
    blocks = max(lacking, 0) // policy.block + 1
    return min(blocks, policy.most_blocks) * policy.block


def _up(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)
