"""How passwords are chosen, kept and checked."""

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_base import passwords
from saraban_base.passwords import Passwords, check_choice, one_time
from saraban_base.refusals import PasswordCommon, PasswordTooLong, PasswordTooShort

CHEAP = Passwords(memory_kib=64)


def test_only_an_argon2id_hash_of_a_password_is_kept() -> None:
    kept = CHEAP.hash("ลมพัดใบไผ่")

    assert kept.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert "ลมพัด" not in kept
    assert kept != CHEAP.hash("ลมพัดใบไผ่")


def test_the_appliance_hashes_with_the_parameters_that_were_decided() -> None:
    assert Passwords().hash("x").startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_the_right_password_is_good_and_any_other_is_not() -> None:
    kept = CHEAP.hash("ลมพัดใบไผ่ 12")

    assert CHEAP.check(kept, "ลมพัดใบไผ่ 12") == (True, False)
    assert not CHEAP.check(kept, "ลมพัดใบไผ่ 13").good
    assert not CHEAP.check(kept, "").good


def test_a_hash_of_weaker_parameters_is_good_and_asks_to_be_made_again() -> None:
    kept = CHEAP.hash("ลมพัดใบไผ่")

    stronger = Passwords(memory_kib=128)

    assert stronger.check(kept, "ลมพัดใบไผ่") == (True, True)


def test_nobody_logs_in_where_there_is_no_such_person_or_the_hash_is_damaged() -> None:
    assert not CHEAP.check(None, "ลมพัดใบไผ่").good
    assert not CHEAP.check("$argon2id$v=19$m=64", "ลมพัดใบไผ่").good


def test_an_unknown_person_takes_as_long_as_a_known_one() -> None:
    slow = Passwords(memory_kib=16_384, rounds=2)
    kept = slow.hash("ลมพัดใบไผ่")

    def took(stored: str | None) -> float:
        times = []
        for _ in range(5):
            began = time.thread_time()  # work done, however busy the machine is with others
            slow.check(stored, "ไม่ใช่")
            times.append(time.thread_time() - began)
        return min(times)

    known, unknown = took(kept), took(None)
    assert 0.5 < unknown / known < 2


def test_a_password_of_a_megabyte_is_not_hashed() -> None:
    assert not CHEAP.check(CHEAP.hash("x" * 128), "x" * 1_000_000).good


def test_at_most_two_are_worked_out_at_the_same_time() -> None:
    """Fifty people at 08:30 must not ask for fifty times the memory."""
    checking, most, guard = 0, 0, threading.Lock()
    hasher = Passwords(memory_kib=64)
    inner: Any = hasher._hasher

    class Watched:
        def verify(self, stored: str, password: str) -> bool:
            nonlocal checking, most
            with guard:
                checking += 1
                most = max(most, checking)
            time.sleep(0.01)
            with guard:
                checking -= 1
            return bool(inner.verify(stored, password))

        def check_needs_rehash(self, stored: str) -> bool:
            return bool(inner.check_needs_rehash(stored))

    kept = hasher.hash("ลมพัดใบไผ่")
    hasher._hasher = Watched()  # type: ignore[assignment] # counts, then does the real thing
    threads = [threading.Thread(target=hasher.check, args=(kept, "ลมพัดใบไผ่")) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == passwords.AT_ONCE


@pytest.mark.parametrize(
    "common",
    [
        "password", "Password123", "P@ssw0rd!", "12345678", "87654321", "11111111", "aaaaaaaa",
        "qwertyuiop", "1qaz2wsx", "abcdefgh", "25121990", "0812345678", "saraban2569", "Saraban!1",
        "thurakan99", "โรงเรียน1", "สารบรรณ2569", "สวัสดี123", "เชียงใหม่", "chiangmai1", "ฟหกดฟหกด",
        "๑๒๓๔๕๖๗๘", "admin1234", "rongrian", "somsri2530", "somsri!!", "ใจดีใจดี", "abcabcabc",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(common: str) -> None:
    with pytest.raises(PasswordCommon):
        check_choice(common, context=("somsri", "นางสาวสมศรี ใจดี", "ใจดีใจดี"))


@pytest.mark.parametrize(
    "good",
    ["ลมพัดใบไผ่", "correct horse", "มะม่วง3ลูกบนหลังคา", "zebra-Kite-09", "จักรยานสีฟ้า", "x9#kQ2!m"],
)
def test_an_ordinary_good_password_is_taken_whatever_it_is_made_of(good: str) -> None:
    check_choice(good, context=("somsri", "นางสาวสมศรี ใจดี"))


def test_the_length_is_from_eight_to_a_hundred_and_twenty_eight() -> None:
    with pytest.raises(PasswordTooShort):
        check_choice("ลมพัดใบ")
    check_choice("ก ข ค ง จ " * 12 + "ลมพัดใบ!")
    with pytest.raises(PasswordTooLong):
        check_choice("ลมพัด " * 30)


def test_a_one_time_password_is_easily_typed_and_never_twice_the_same() -> None:
    made = [one_time() for _ in range(200)]

    assert len(set(made)) == 200
    for text in made:
        assert len(text) == 14
        assert text.count("-") == 2
        assert not set(text) & set("ilo01IO")
        check_choice(text)


@given(st.text(max_size=200))
def test_any_text_can_be_tried_as_a_new_password(text: str) -> None:
    """Whatever is typed is taken or refused in words."""
    with suppress(PasswordCommon, PasswordTooShort, PasswordTooLong):
        check_choice(text, context=(text[:5],))
        assert passwords.SHORTEST <= len(text) <= passwords.LONGEST
