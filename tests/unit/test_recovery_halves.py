"""The two halves of a recovery sheet: together they open the backups, alone they say nothing."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_node.backup import halves
from saraban_node.backup.key_errors import (
    HalfMistyped,
    HalfTwice,
    HalvesApart,
    PassphraseTooLong,
)

MADE = "l0GDh3vXnJkQ4mYw1Zr8sT2uB6pC9eF5aHqKxNyLbIo"
PAD = bytes(range(32))
FIRST, SECOND = halves.split(MADE, "7K3D9Q", PAD)


def test_two_halves_give_the_passphrase_whichever_is_typed_first() -> None:
    assert halves.join(FIRST, SECOND) == halves.join(SECOND, FIRST) == MADE


def test_what_was_once_printed_can_be_read_for_ever() -> None:
    """These sheets lie in safes: the program may not come to read them differently."""
    assert FIRST == (
        "117K3-3D9Q6-000GF-40R4Z-0M306-E209N-185G1-R38EF-"
        "1W81F-24GKH-2GAH3-C5RR0-34D1D-P70XV-3RFGX-QJ2VT"
    )
    assert SECOND == (
        "127KF-3D9Q6-JX08C-313ZZ-TAD9V-W67BW-DGXX6-K5ZJV-"
        "QRPV1-Y5DSA-AVGF2-EVKGN-CE8DD-ZG4PV-EAAG8-QMM9B"
    )


@pytest.mark.parametrize(
    "typed",
    [
        FIRST.lower(),
        FIRST.replace("-", ""),
        FIRST.replace("-", "  \n"),
        FIRST.replace("0", "O").replace("1", "l"),
        FIRST.translate({ord(str(one)): "๐๑๒๓๔๕๖๗๘๙"[one] for one in range(10)}),
        halves.for_code(FIRST, "school-a", ("stick SARABAN", "ssh://a@b:22/x")),
    ],
)
def test_a_half_is_read_however_it_is_typed(typed: str) -> None:
    assert halves.join(typed, SECOND) == MADE


@given(place=st.integers(0, 79), to=st.sampled_from(halves.ALPHABET))
def test_a_wrong_character_is_found_and_its_group_named(place: int, to: str) -> None:
    plain = FIRST.replace("-", "")
    typed = plain[:place] + to + plain[place + 1 :]
    if typed == plain:
        return

    with pytest.raises(HalfMistyped) as found:
        halves.join(typed, SECOND)

    assert found.value.facts == {"half": "1", "group": str(place // 5 + 1)}


@given(place=st.integers(0, 78))
def test_two_characters_changed_about_are_found(place: int) -> None:
    plain = SECOND.replace("-", "")
    typed = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    if typed == plain:
        return

    with pytest.raises(HalfMistyped) as found:
        halves.join(FIRST, typed)

    assert found.value.facts["half"] == "2"
    assert int(found.value.facts["group"]) in {place // 5 + 1, (place + 1) // 5 + 1}


@pytest.mark.parametrize(
    ("typed", "group"),
    [
        ("", 1),
        (FIRST[:-1], 16),
        (FIRST[:59], 11),
        (FIRST.replace("117K3-", ""), 1),
        (FIRST[:5] + "-" + FIRST[12:17] + "-" + FIRST[6:11] + FIRST[17:], 2),
        (FIRST.replace("7", "U", 1), 1),
        ("สวัสดี", 1),
    ],
)
def test_what_was_left_out_or_put_in_the_wrong_place_is_named(typed: str, group: int) -> None:
    with pytest.raises(HalfMistyped) as found:
        halves.join(typed, SECOND)

    assert found.value.facts == {"half": "1", "group": str(group)}
    assert str(group) in found.value.sentence("th")


def test_halves_of_two_sheets_are_told_apart() -> None:
    other, _ = halves.split(MADE, "AAAAAA", PAD)

    with pytest.raises(HalvesApart) as found:
        halves.join(other, SECOND)

    assert "AAAAAA" in found.value.sentence("en")
    assert "7K3D9Q" in found.value.sentence("th")


def test_the_same_half_twice_opens_nothing() -> None:
    with pytest.raises(HalfTwice):
        halves.join(SECOND, SECOND)


def test_one_half_fits_every_passphrase() -> None:
    """Whoever has one half can think up another half for any passphrase whatever."""
    mine = halves.read(SECOND, 2)
    for _ in range(20):
        any_passphrase = secrets.token_urlsafe(32)
        said = halves.read(halves.split(any_passphrase, "7K3D9Q", bytes(32))[1], 2).share
        pad = bytes(a ^ b for a, b in zip(mine.share, said, strict=True))
        first, second = halves.split(any_passphrase, "7K3D9Q", pad)

        assert second == SECOND
        assert halves.join(first, second) == any_passphrase


@given(passphrase=st.text(min_size=1, max_size=30).filter(lambda one: len(one.encode()) <= 120))
def test_a_passphrase_that_an_office_chose_itself_goes_on_paper_too(passphrase: str) -> None:
    pad = secrets.token_bytes(halves.pad_length(passphrase))

    assert halves.join(*halves.split(passphrase, "0000ZZ", pad)) == passphrase


def test_a_passphrase_with_no_room_on_paper_is_refused() -> None:
    with pytest.raises(PassphraseTooLong):
        halves.pad_length("ก" * 41)


def test_a_code_tells_where_the_backups_are() -> None:
    text = halves.for_code(FIRST, "school-a", ("stick SARABAN", "ssh://a@b:22/x"))

    assert halves.places_in(text) == ("stick SARABAN", "ssh://a@b:22/x")
    assert halves.places_in(FIRST) == ()
