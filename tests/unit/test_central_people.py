"""Accounts of the centre: two roles, first passwords that must be changed, never nobody left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base import accounts
from saraban_base.accounts import Origin
from saraban_base.refusals import (
    FieldMissing,
    LastAdministrator,
    NoSuchPerson,
    NotAChoice,
    UsernameInvalid,
    UsernameTaken,
)
from saraban_central import people
from saraban_central.people import ADMIN, AUDITOR
from tests.central_district import District
from tests.web_office import CHEAP


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.close()


def add(district: District, username: str, role: str = ADMIN, name: str = "นางสาวพรทิพย์") -> str:
    with district.centre.database.write() as write:
        account, _ = people.add_person(write, CHEAP, username=username, name=name, role=role)
    return account.person


def test_a_new_person_gets_a_password_that_works_once_to_choose_an_own_one(
    district: District,
) -> None:
    db = district.centre.database
    with db.write() as write:
        account, password = people.add_person(
            write, CHEAP, username=" Pornthip ", name=" นางสาว  พรทิพย์ ", role=ADMIN
        )

    done = accounts.log_in(
        db, CHEAP, username="pornthip", password=password, origin=Origin("127.0.0.1", "test")
    )

    assert done.must_change
    assert (account.username, account.name) == ("pornthip", "นางสาว พรทิพย์")
    assert (account.roles, account.active, account.one_time) == (frozenset({ADMIN}), True, True)
    with db.read() as cursor:
        kept = "".join(str(row) for row in cursor.execute("SELECT * FROM credential"))
    assert password not in kept


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"username": "no spaces"}, UsernameInvalid),
        ({"username": "taken"}, UsernameTaken),
        ({"name": "  "}, FieldMissing),
        ({"role": ""}, FieldMissing),
        ({"role": "king"}, NotAChoice),
    ],
)
def test_a_wrong_entry_makes_no_account(
    district: District, fields: dict[str, str], error: type[Exception]
) -> None:
    add(district, "taken")
    wanted = {"username": "new", "name": "ชื่อ", "role": AUDITOR} | fields

    with pytest.raises(error), district.centre.database.write() as write:
        people.add_person(write, CHEAP, **wanted)

    with district.centre.database.read() as cursor:
        assert [one.username for one in people.people(cursor)] == ["taken"]


def test_one_administrator_always_stays(district: District) -> None:
    first = add(district, "first")
    add(district, "second", AUDITOR)
    for role, active in ((AUDITOR, True), (ADMIN, False)):
        with pytest.raises(LastAdministrator), district.centre.database.write() as write:
            people.change_person(write, first, name="ชื่อ", role=role, active=active)
    add(district, "third")

    with district.centre.database.write() as write:
        changed = people.change_person(write, first, name="ชื่อใหม่", role=AUDITOR, active=True)

    assert (changed.name, changed.roles) == ("ชื่อใหม่", frozenset({AUDITOR}))


def test_nobody_gets_a_password_who_has_no_account(district: District) -> None:
    with pytest.raises(NoSuchPerson), district.centre.database.write() as write:
        people.new_password(write, CHEAP, "p-nobody")
