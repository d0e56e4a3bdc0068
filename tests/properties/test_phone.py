"""Codes read over the telephone: what was written is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_sync import phone
from saraban_sync.errors import PhoneCodeWrong
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.registers import Register, Series
from saraban_sync.thai import thai_digits

KEY = phone.shared_key("ab" * 32)
NODE, OFFICE = NodeId("ban-doi"), OfficeCode("ban-doi")
firsts = st.integers(min_value=1, max_value=9_999_999)
sizes = st.sampled_from(phone.SIZES)
registers = st.sampled_from(Register)
years = st.integers(min_value=2569, max_value=2600)


@given(firsts, sizes, registers, years, st.booleans(), st.sampled_from(["", " ", "-", " - "]))
def test_what_the_centre_reads_out_the_node_understands(
    first: int, size: int, register: Register, year: int, in_thai: bool, between: str
) -> None:
    series = Series(OFFICE, register, year)
    code = phone.write_code(KEY, NODE, series, first=first, size=size)
    said = between.join(phone.groups(code).split())
    if in_thai:
        said = thai_digits(said)

    told = phone.read_code(said, KEY, NODE, OFFICE, register, year)

    assert told.series == series
    assert (told.range.first, told.range.last) == (first, first + size - 1)
    assert told.grant == phone.grant_id(series, first)
    assert told.code == code


@given(firsts, sizes, st.integers(0, 19), st.integers(1, 9))
def test_a_misheard_digit_is_noticed(first: int, size: int, place: int, more: int) -> None:
    series = Series(OFFICE, Register.OUTGOING, 2569)
    code = phone.write_code(KEY, NODE, series, first=first, size=size)
    heard = code[:place] + str((int(code[place]) + more) % 10) + code[place + 1 :]

    with pytest.raises(PhoneCodeWrong):
        phone.read_code(heard, KEY, NODE, OFFICE, Register.OUTGOING, 2569)


@given(firsts, sizes, st.integers(0, 18))
def test_two_digits_in_the_wrong_order_are_noticed(first: int, size: int, place: int) -> None:
    series = Series(OFFICE, Register.OUTGOING, 2569)
    code = phone.write_code(KEY, NODE, series, first=first, size=size)
    heard = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if heard == code:
        return

    with pytest.raises(PhoneCodeWrong):
        phone.read_code(heard, KEY, NODE, OFFICE, Register.OUTGOING, 2569)


@given(st.integers(0, 10**20 - 1))
def test_a_number_out_of_thin_air_is_no_code(number: int) -> None:
    with pytest.raises(PhoneCodeWrong):
        phone.read_code(f"{number:020d}", KEY, NODE, OFFICE, Register.INCOMING, 2569)


@given(st.integers(1, phone.SIZES[-1]))
def test_the_size_that_can_be_told_is_the_next_one_up(wanted: int) -> None:
    size = phone.spoken_size(wanted)

    assert size in phone.SIZES
    assert size >= wanted
    assert not any(wanted <= other < size for other in phone.SIZES)
