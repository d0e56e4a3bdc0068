"""Who may log in at the centre: administrators, who change things, and auditors, who only look."""

import secrets
from typing import Final

from saraban_base import accounts, sessions
from saraban_base.accounts import Account
from saraban_base.passwords import Passwords
from saraban_base.rights import check_another, clean_name, clean_roles
from saraban_base.sqlite import Cursor, Write

ADMIN: Final = "admin"
"""ผู้ดูแลระบบ: offices, codes, ranges, accounts."""
AUDITOR: Final = "auditor"
"""ผู้ตรวจสอบ: sees everything the centre shows, runs audits, changes nothing."""
ROLES: Final = (ADMIN, AUDITOR)


def add_person(
    write: Write, passwords: Passwords, *, username: str, name: str, role: str
) -> tuple[Account, str]:
    """Give a person an account.

    Args:
        write: the transaction, of the centre's database.
        passwords: the hasher.
        username: what the person will type; small Latin letters, digits, dot, hyphen.
        name: the person's full name.
        role: one of :data:`ROLES`.

    Returns:
        The account, and the one-time password to be told to the person. It must be changed at the
        first log-in.

    Raises:
        UsernameInvalid: the user name has other characters.
        UsernameTaken: somebody has it.
        FieldMissing: there is no name, or no role.
        FieldTooLong: the name is too long.
        NotAChoice: there is no such role.
    """
    account = Account(
        person="p-" + secrets.token_hex(6),
        username=accounts.clean_username(username),
        name=clean_name(name),
        roles=frozenset(clean_roles({role} - {""}, ROLES)),
        active=True,
    )
    accounts.check_username(write.cursor, account.username)
    accounts.put_person(write, account)
    password = accounts.give_one_time_password(write, passwords, account.person)
    return accounts.account(write.cursor, account.person), password


def change_person(write: Write, person: str, *, name: str, role: str, active: bool) -> Account:
    """Change a person's name, role, or whether the account is in use; rights change at once.

    Raises:
        NoSuchPerson: there is no such account.
        LastAdministrator: nobody would be left to manage accounts.
        FieldMissing, FieldTooLong, NotAChoice: as for :func:`add_person`.
    """
    before = accounts.account(write.cursor, person)
    roles = frozenset(clean_roles({role} - {""}, ROLES))
    if ADMIN in before.roles and before.active and not (active and role == ADMIN):
        check_another(write.cursor, person, ADMIN)
    accounts.put_person(write, Account(person, before.username, clean_name(name), roles, active))
    if roles != before.roles:
        sessions.end_all(write, person)  # a changed right takes a new log-in
    return accounts.account(write.cursor, person)


def new_password(write: Write, passwords: Passwords, person: str) -> str:
    """Give a person a new one-time password; all their log-ins end.

    Raises:
        NoSuchPerson: there is no such account.
    """
    accounts.account(write.cursor, person)
    return accounts.give_one_time_password(write, passwords, person)


def people(cursor: Cursor) -> list[Account]:
    """List everybody who has or had an account, those in use first."""
    return accounts.all_accounts(cursor)
