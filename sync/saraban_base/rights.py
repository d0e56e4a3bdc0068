"""What node and centre check alike before an account is made or changed."""

from collections.abc import Collection
from typing import Final

from saraban_base.refusals import FieldMissing, FieldTooLong, LastAdministrator, NotAChoice
from saraban_base.sqlite import Cursor, value
from saraban_sync import thai

MAX_NAME: Final = 200


def clean_name(name: str) -> str:
    """Tidy a person's name.

    Raises:
        FieldMissing: there is none.
        FieldTooLong: it is too long.
    """
    text = thai.tidy(name)
    if not text:
        raise FieldMissing("name")
    if len(text) > MAX_NAME:
        raise FieldTooLong("name", limit=MAX_NAME)
    return text


def clean_roles(roles: Collection[str], allowed: Collection[str]) -> tuple[str, ...]:
    """Check the roles of a person; at least one, in a fixed order.

    Raises:
        FieldMissing: there is none.
        NotAChoice: there is no such role.
    """
    if not roles:
        raise FieldMissing("roles")
    if not set(roles) <= set(allowed):
        raise NotAChoice(f"roles {sorted(roles)}")
    return tuple(sorted(roles))


def check_another(cursor: Cursor, person: str, role: str) -> None:
    """Check that somebody else in use has a role.

    Raises:
        LastAdministrator: nobody has.
    """
    others = value(
        cursor,
        "SELECT count(*) FROM person WHERE active AND person <> ?"
        " AND instr(' ' || roles || ' ', ?) > 0",
        (person, f" {role} "),
    )
    if not others:
        raise LastAdministrator(person)
