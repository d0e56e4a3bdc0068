"""A date means the same day however a clerk writes it, and a doubtful one is sent back."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_node.importer import reasons
from saraban_node.importer.dates import Cell, day_in_title, read_day, year_in_title
from saraban_node.importer.reasons import BadCell, Reason
from saraban_sync.thai import MONTHS, SHORT_MONTHS, long_date, short_date, thai_digits

THE_DAY = date(2026, 6, 7)
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
RECENT_DAYS = st.dates(date(1997, 1, 1), date(2056, 12, 31))


def refusal(cell: Cell, **options: bool) -> Reason:
    with pytest.raises(BadCell) as refused:
        read_day(cell, **options)
    return refused.value.reason


WAYS_TO_WRITE_IT = """
    ๗ มิถุนายน ๒๕๖๙ | 7 มิถุนายน 2569 | 7 มิ.ย. 69 | ๗ มิ.ย. ๖๙ | 7มิ.ย.69 | 7 มิย 69 | 7 มิ.ย 2569
    7 มิถุนา 2569 | 7-มิ.ย.-69 | 7 เดือน มิถุนายน พ.ศ. 2569 | 7 มิถุนายน พ.ศ.2569 | 7 มิ.ย. ค.ศ. 2026
    วันที่ 7 มิถุนายน 2569 | ลงวันที่ ๗ มิ.ย. ๖๙ | ลว. 7 มิ.ย. 69 | วันอาทิตย์ที่ 7 มิถุนายน 2569
    อาทิตย์ 7 มิ.ย. 69 | 7/6/2569 | 07/06/2569 | 7/6/69 | 7-6-69 | 7.6.69 | 7 / 6 / 2569 | 07-06-2026
    ๗/๖/๒๕๖๙ | 7/6/2026 | 2026-06-07 | 2569-06-07 | 2026/6/7 | 2026-06-07 00:00:00
    2026-06-07T09:30:00.000Z | 7/6/2569 09:30 | 7 มิ.ย. 69 เวลา 09.30 น. | 7 มิ.ย. 2569 09.30 น.
    7 June 2026 | 7 Jun 2026 | 7th June 2026 | June 7, 2026 | Jun. 7 2026 | Sunday, 7 June 2026
    7 June 2569 | 7-Jun-2026 | 7 JUNE B.E. 2569 | 46180 | 46180.0 | \u200b7/6/2569\u00a0
"""
DOUBTFUL = {
    reasons.IMPOSSIBLE_DATE: "31/6/2569 | 29/2/2569 | 29 ก.พ. 2569 | 0/6/2569 | 6/13/2569",
    reasons.SHORT_YEAR: "7/6/26 | 7 มิ.ย. 39 | 7 June 26 | 7 มิ.ย. ค.ศ. 69",
    reasons.UNCLEAR_YEAR: "7/6/2269 | 7/6/569 | 7/6/9 | 7 มิ.ย. พ.ศ. 2026 | 7 June AD 2569",
    reasons.NO_YEAR: "7 มิ.ย. | 7 June",
    reasons.NOT_A_DATE: "เมื่อวาน | 7-8 มิ.ย. 69 | มิ.ย. 69 | 2569 | 070669 | 25690607 | 7 xyz 69",
}


@pytest.mark.parametrize("written", re.split(r"\s*[|\n]\s*", WAYS_TO_WRITE_IT.strip(" \n")))
def test_every_usual_way_of_writing_a_day_is_read(written: str) -> None:
    assert read_day(written) == THE_DAY


@pytest.mark.parametrize(
    "cell",
    [
        *(46180, 46180.75, 244_507, date(2026, 6, 7), datetime(2026, 6, 7)),  # noqa: DTZ001
        *(datetime(2026, 6, 7, 9, 30), datetime(2569, 6, 7)),  # noqa: DTZ001
    ],
    ids=repr,
)
def test_every_kind_of_excel_cell_that_means_a_day_is_read(cell: Cell) -> None:
    assert read_day(cell) == THE_DAY


@pytest.mark.parametrize("nothing", ["", " ", "-", "–", "ไม่มี", "ไม่ระบุ", None])
def test_a_dash_or_an_empty_cell_means_no_date(nothing: Cell) -> None:
    assert read_day(nothing) is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [(one, why) for why, written in DOUBTFUL.items() for one in written.split(" | ")],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_day_that_cannot_be_or_is_in_doubt_is_sent_back(written: str, reason: Reason) -> None:
    assert refusal(written) is reason


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (datetime(2568, 2, 29), reasons.IMPOSSIBLE_DATE),  # noqa: DTZ001
        (datetime(1969, 6, 7), reasons.SHORT_YEAR),  # noqa: DTZ001
        (datetime(2269, 6, 7), reasons.UNCLEAR_YEAR),  # noqa: DTZ001
        (25_361, reasons.SHORT_YEAR),
        *((cell, reasons.NOT_A_DATE) for cell in (7, 2569, True, time(9, 30), timedelta(1))),
        *((cell, reasons.NOT_A_DATE) for cell in (float("nan"), float("inf"), "7" * 61)),
    ],
    ids=repr,
)
def test_an_excel_cell_that_is_no_certain_day_is_sent_back(cell: Cell, reason: Reason) -> None:
    assert refusal(cell) is reason


def test_the_leap_day_exists_in_the_eras_own_leap_years() -> None:
    assert read_day("29 กุมภาพันธ์ 2567") == date(2024, 2, 29)
    assert read_day("29/2/2567") == date(2024, 2, 29)
    assert read_day("29/2/2024") == date(2024, 2, 29)


@given(DAYS)
def test_a_long_date_in_either_digits_comes_back_as_the_same_day(day: date) -> None:
    assert read_day(long_date(day)) == day
    assert read_day(long_date(day, thai=False)) == day


@given(RECENT_DAYS)
def test_a_short_date_with_a_buddhist_year_of_two_digits_comes_back(day: date) -> None:
    assert read_day(short_date(day)) == day
    assert read_day(f"{day.day}/{day.month}/{(day.year + 543) % 100}") == day


@given(DAYS, st.sampled_from(["/", "-", ".", " / "]), st.booleans(), st.booleans())
def test_numbers_with_any_separator_mean_the_same_in_both_eras(
    day: date, separator: str, buddhist: bool, thai: bool
) -> None:
    year = day.year + (543 if buddhist else 0)
    text = separator.join((str(day.day), f"{day.month:02d}", str(year)))

    assert read_day(thai_digits(text) if thai else text) == day


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_excels_own_day_comes_back_as_cell_as_number_and_as_text(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days

    assert read_day(datetime(day.year, day.month, day.day)) == day  # noqa: DTZ001
    assert read_day(serial) == read_day(float(serial)) == read_day(str(serial)) == day


@given(DAYS.filter(lambda day: (day.month, day.day) != (2, 29)))
def test_a_buddhist_year_typed_into_an_excel_date_comes_back(day: date) -> None:
    assert read_day(datetime(day.year + 543, day.month, day.day)) == day  # noqa: DTZ001


@given(st.text(max_size=80) | st.integers() | st.floats() | st.datetimes())
def test_any_cell_is_a_day_or_a_reason(cell: Cell) -> None:
    try:
        day = read_day(cell)
    except BadCell:
        return
    assert day is None or 1900 <= day.year <= 2100


def test_bare_numbers_are_no_days_where_excel_counts_from_1904() -> None:
    assert refusal(46180, serials=False) is reasons.NOT_A_DATE


def test_every_month_is_known_in_full_and_short() -> None:
    for number, names in enumerate(zip(MONTHS, SHORT_MONTHS, strict=True), start=1):
        for name in names:
            assert read_day(f"1 {name} 2569") == date(2026, number, 1)


def test_a_title_tells_its_day_or_only_its_year() -> None:
    whole = "ทะเบียนหนังสือรับ วันที่ ๗ เดือน มิถุนายน พ.ศ. ๒๕๖๙"

    assert day_in_title(whole) == THE_DAY
    assert year_in_title(whole) == 2026
    assert day_in_title("ทะเบียนหนังสือรับ วันที่ 1 มกราคม 2569 ถึงวันที่ 31 มกราคม 2569") is None
    assert year_in_title("ทะเบียนหนังสือรับ ประจำปี พ.ศ. ๒๕๖๙") == 2026
    assert year_in_title("ทะเบียนหนังสือรับ ปี 2568 - 2569") is None
    assert day_in_title("ทะเบียนหนังสือรับ วันที่ ..... เดือน ........ พ.ศ. ....") is None
    assert day_in_title("ทะเบียนหนังสือรับ วันที่ 31 เดือน มิถุนายน พ.ศ. 2569") is None
