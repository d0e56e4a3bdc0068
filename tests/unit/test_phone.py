"""Numbers by telephone: a code belongs to one node, one register, one year, and is easy to read."""

import pytest

from saraban_sync import phone
from saraban_sync.errors import PhoneCodeUnreadable, PhoneCodeWrong, SizeNotSpoken
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.registers import Register, Series

KEY = phone.shared_key("00ff" * 16)
DOI, SCHOOL = NodeId("ban-doi"), OfficeCode("ban-doi")
SERIES = Series(SCHOOL, Register.INCOMING, 2569)


def _code(first: int = 501, size: int = 500) -> str:
    return phone.write_code(KEY, DOI, SERIES, first=first, size=size)


def test_a_code_is_read_out_in_five_groups_of_four() -> None:
    said = phone.groups(_code())

    assert [len(group) for group in said.split(" ")] == [4, 4, 4, 4, 4]
    assert said.replace(" ", "").isdigit()


def test_the_code_of_a_range_is_fixed_for_ever() -> None:
    """A node and a centre of different versions must agree on it."""
    assert phone.groups(_code()) == "0134 8130 4643 7577 5065"
    told = phone.read_code(_code(), KEY, DOI, SCHOOL, Register.INCOMING, 2569)
    assert told.grant == "ban-doi-incoming-2569-501"


@pytest.mark.parametrize(
    ("key", "node", "office", "register", "year"),
    [
        (phone.shared_key("11" * 32), DOI, SCHOOL, Register.INCOMING, 2569),
        (KEY, NodeId("ban-pang"), SCHOOL, Register.INCOMING, 2569),
        (KEY, DOI, OfficeCode("ban-pang"), Register.INCOMING, 2569),
        (KEY, DOI, SCHOOL, Register.OUTGOING, 2569),
        (KEY, DOI, SCHOOL, Register.INCOMING, 2570),
    ],
)
def test_a_code_for_another_machine_register_or_year_is_refused(
    key: bytes, node: NodeId, office: OfficeCode, register: Register, year: int
) -> None:
    with pytest.raises(PhoneCodeWrong) as wrong:
        phone.read_code(_code(), key, node, office, register, year)

    assert "ยังไม่ได้รับเลขใด" in wrong.value.sentence("th")


@pytest.mark.parametrize("typed", ["", "1234", "๑๒๓๔", "x" * 20, "1" * 19, "1" * 21, "²" * 20])
def test_what_is_no_code_at_all_is_told_apart_from_a_wrong_one(typed: str) -> None:
    with pytest.raises(PhoneCodeUnreadable) as wrong:
        phone.read_code(typed, KEY, DOI, SCHOOL, Register.INCOMING, 2569)

    assert "20" in wrong.value.sentence("en")


@pytest.mark.parametrize("typed", ["99999999999999999999", "00000000000000000000"])
def test_digits_that_stand_for_no_range_are_a_wrong_code(typed: str) -> None:
    with pytest.raises(PhoneCodeWrong):
        phone.read_code(typed, KEY, DOI, SCHOOL, Register.INCOMING, 2569)


@pytest.mark.parametrize(("first", "size"), [(1, 501), (0, 500), (1 << 24, 500), (1, 0)])
def test_a_range_that_cannot_be_told_is_said_so(first: int, size: int) -> None:
    with pytest.raises(SizeNotSpoken):
        _code(first, size)


@pytest.mark.parametrize("wanted", [0, -1, 5_001])
def test_no_size_fits_what_is_too_much_or_nothing(wanted: int) -> None:
    with pytest.raises(SizeNotSpoken):
        phone.spoken_size(wanted)


def test_places_in_the_table_of_sizes_fit_into_four_bits() -> None:
    assert len(phone.SIZES) == 16
    assert sorted(set(phone.SIZES)) == list(phone.SIZES)
