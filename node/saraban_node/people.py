"""People of the office: the journal says who has an account; passwords never leave this machine."""

import secrets
from typing import Final

from saraban_base import accounts, sessions
from saraban_base.accounts import Account
from saraban_base.passwords import Passwords
from saraban_base.refusals import (
    FieldMissing,
    FieldTooLong,
    LastAdministrator,
    NoSuchPerson,
    NotAChoice,
)
from saraban_base.sqlite import Cursor, Write, value
from saraban_node.journal import Journal
from saraban_sync import thai
from saraban_sync.events import Event, PersonAdded, PersonChanged
from saraban_sync.ids import PersonId

CLERK: Final = "clerk"
"""ธุรการ: registers, reads, sends and finds letters."""
ADMINISTRATOR: Final = "administrator"
"""ผู้ดูแลระบบ: accounts, line and health of the machine; reads no letter."""
ROLES: Final = (CLERK, ADMINISTRATOR)
_MAX_NAME: Final = 200


def add_person(
    write: Write,
    journal: Journal,
    passwords: Passwords,
    *,
    username: str,
    name: str,
    roles: frozenset[str],
    actor: PersonId,
) -> tuple[Account, str]:
    """Give a person an account.

    Args:
        write: the transaction.
        journal: the office's journal.
        passwords: the hasher.
        username: what the person will type; small Latin letters, digits, dot, hyphen.
        name: the person's full name.
        roles: some of :data:`ROLES`.
        actor: the administrator.

    Returns:
        The account, and the one-time password to be told to the person.

    Raises:
        UsernameInvalid: the user name has other characters.
        UsernameTaken: somebody has it.
        FieldMissing: there is no name, or no role.
        FieldTooLong: the name is too long.
        NotAChoice: there is no such role.
    """
    who = PersonId("p-" + secrets.token_hex(6))
    body = PersonAdded(
        person=who,
        username=accounts.clean_username(username),
        name=_clean_name(name),
        roles=_clean_roles(roles),
    )
    accounts.check_username(write.cursor, body.username)
    journal.append(write, body, actor=actor)
    password = accounts.give_one_time_password(write, passwords, who)
    return accounts.account(write.cursor, who), password


def change_person(
    write: Write,
    journal: Journal,
    person: str,
    *,
    name: str,
    roles: frozenset[str],
    active: bool,
    actor: PersonId,
) -> Account:
    """Change a person's name, roles, or whether the account is in use; rights change at once.

    Raises:
        NoSuchPerson: there is no such account.
        LastAdministrator: nobody would be left to manage accounts.
        FieldMissing, FieldTooLong, NotAChoice: as for :func:`add_person`.
    """
    before = accounts.account(write.cursor, person)
    body = PersonChanged(
        person=person, name=_clean_name(name), roles=_clean_roles(roles), active=active
    )
    stays = active and ADMINISTRATOR in roles
    if ADMINISTRATOR in before.roles and before.active and not stays:
        _another_administrator(write.cursor, person)
    journal.append(write, body, actor=actor)
    if frozenset(roles) != before.roles:
        sessions.end_all(write, person)  # a changed right takes a new log-in
    return accounts.account(write.cursor, person)


def new_password(write: Write, passwords: Passwords, person: str) -> str:
    """Give a person a new one-time password; all their log-ins end.

    Raises:
        NoSuchPerson: there is no such account.
    """
    accounts.account(write.cursor, person)
    return accounts.give_one_time_password(write, passwords, person)


def by_username(cursor: Cursor, username: str) -> Account:
    """Give the account with a user name.

    Raises:
        NoSuchPerson: there is none.
    """
    found = accounts.by_username(cursor, accounts.clean_username(username))
    if found is None:
        raise NoSuchPerson(username)
    return found


def people(cursor: Cursor) -> list[Account]:
    """List everybody who has or had an account, those in use first."""
    return accounts.all_accounts(cursor)


def project(write: Write, event: Event) -> None:
    """Bring the list of people up to date with an event."""
    match event.body:
        case PersonAdded(person=person, username=username, name=name, roles=roles):
            accounts.put_person(write, Account(person, username, name, frozenset(roles), True))
        case PersonChanged(person=person, name=name, roles=roles, active=active):
            username = accounts.account(write.cursor, person).username
            accounts.put_person(write, Account(person, username, name, frozenset(roles), active))
        case _:
            pass


def forget(write: Write) -> None:
    """Empty the list of people before it is made again; passwords stay."""
    write.cursor.execute("DELETE FROM person")


def _another_administrator(cursor: Cursor, person: str) -> None:
    others = value(
        cursor,
        "SELECT count(*) FROM person WHERE active AND person <> ?"
        " AND instr(' ' || roles || ' ', ?) > 0",
        (person, f" {ADMINISTRATOR} "),
    )
    if not others:
        raise LastAdministrator(person)


def _clean_name(name: str) -> str:
    text = thai.tidy(name)
    if not text:
        raise FieldMissing("name")
    if len(text) > _MAX_NAME:
        raise FieldTooLong("name", limit=_MAX_NAME)
    return text


def _clean_roles(roles: frozenset[str]) -> tuple[str, ...]:
    if not roles:
        raise FieldMissing("roles")
    if not roles <= set(ROLES):
        raise NotAChoice(f"roles {sorted(roles)}")
    return tuple(sorted(roles))
