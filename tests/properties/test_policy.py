"""Asking for numbers: never too late, never without end, always in whole blocks."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from saraban_sync.policy import Policy, Stock, forecast, wishes
from saraban_sync.registers import BUDDHIST_ERA, Register

counts = st.integers(min_value=0, max_value=100_000)
days = st.dates(min_value=date(2026, 1, 1), max_value=date(2030, 12, 31))
silences = st.integers(min_value=0, max_value=400 * 86_400)
policies = st.builds(
    Policy,
    block=st.integers(1, 2_000),
    low=st.integers(0, 500),
    bridge_days=st.integers(0, 60),
    most_blocks=st.integers(1, 20),
)


def _stock(year: int, left: int, used: int, days_used: int) -> Stock:
    return Stock(
        Register.INCOMING, year, granted=left + 1, left=left, used=used, days=days_used
    )  # fmt: skip


@given(days, counts, counts, st.integers(0, 40), silences, policies)
def test_every_wish_is_some_whole_blocks(
    today: date, left: int, used: int, days_used: int, silence: int, policy: Policy
) -> None:
    stock = _stock(today.year + BUDDHIST_ERA, left, used, days_used)

    for wish in wishes([stock], today=today, silence_s=silence, policy=policy):
        assert wish.size % policy.block == 0
        assert policy.block <= wish.size <= policy.block * policy.most_blocks
        assert wish.year in (stock.year, stock.year + 1)
        assert wish.year == stock.year or today.month >= 10


@given(days, counts, counts, st.integers(0, 40), silences, policies)
def test_a_wish_that_was_granted_is_not_made_again_unless_it_had_to_be_cut(
    today: date, left: int, used: int, days_used: int, silence: int, policy: Policy
) -> None:
    stock = _stock(today.year + BUDDHIST_ERA, left, used, days_used)
    asked = wishes([stock], today=today, silence_s=silence, policy=policy)
    granted = [
        stock._replace(
            year=wish.year,
            granted=wish.size,
            left=wish.size + (stock.left if wish.year == stock.year else 0),
        )
        for wish in asked
    ]
    after = {one.year: one for one in [stock, *granted]}

    again = wishes(after.values(), today=today, silence_s=silence, policy=policy)

    cut = any(wish.size == policy.block * policy.most_blocks for wish in asked)
    assert cut or not again


@given(counts, counts, silences, policies)
def test_fewer_numbers_never_seem_to_last_longer(
    left: int, used: int, silence: int, policy: Policy
) -> None:
    more = forecast(_stock(2569, left + 1, used, 28), silence_s=silence, policy=policy)
    fewer = forecast(_stock(2569, left, used, 28), silence_s=silence, policy=policy)

    assert (fewer.days_left or 0) <= (more.days_left or 0)
    assert not (fewer.enough and not more.enough)
    assert fewer.mark == more.mark
