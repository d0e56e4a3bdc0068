"""Commands for the accounts of an office."""

from pathlib import Path

import click

from saraban_base.accounts import Account
from saraban_base.passwords import Passwords
from saraban_node import people
from saraban_node.cli.common import actor, folder_option, json_option, opened, say
from saraban_sync.ids import PersonId


@click.group()
def person() -> None:
    """Accounts of this office (บัญชีผู้ใช้)."""


@person.command()
@folder_option
@json_option
@click.argument("username")
@click.option("--name", required=True, help="Full name.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(people.ROLES))
def add(folder: Path, as_json: bool, username: str, name: str, roles: tuple[str, ...]) -> None:
    """Give a person an account and print the one-time password (เพิ่มผู้ใช้)."""
    with opened(folder) as node, node.db.write() as write:
        account, password = people.add_person(
            write,
            node.journal,
            Passwords(),
            username=username,
            name=name,
            roles=frozenset(roles),
            actor=actor(),
        )
    _show_password(account, password, as_json=as_json)


@person.command("list")
@folder_option
@json_option
def list_people(folder: Path, as_json: bool) -> None:
    """List the accounts (รายชื่อผู้ใช้)."""
    with opened(folder) as node, node.db.read() as cursor:
        found = people.people(cursor)
    lines = [
        f"{'✓' if one.active else '✗'} {one.username}  {one.name}  {' '.join(sorted(one.roles))}"
        for one in found
    ]
    say({"people": [_row(one) for one in found]}, as_json=as_json, text="\n".join(lines))


@person.command()
@folder_option
@json_option
@click.argument("username")
def reset(folder: Path, as_json: bool, username: str) -> None:
    """Give a person a new one-time password; all log-ins end (ตั้งรหัสผ่านใหม่)."""
    with opened(folder) as node, node.db.write() as write:
        account = people.by_username(write.cursor, username)
        password = people.new_password(write, Passwords(), account.person)
    _show_password(account, password, as_json=as_json)


@person.command()
@folder_option
@json_option
@click.argument("username")
def disable(folder: Path, as_json: bool, username: str) -> None:
    """End an account; its history stays and all log-ins end (ปิดบัญชี)."""
    with opened(folder) as node, node.db.write() as write:
        account = people.by_username(write.cursor, username)
        changed = people.change_person(
            write,
            node.journal,
            PersonId(account.person),
            name=account.name,
            roles=account.roles,
            active=False,
            actor=actor(),
        )
    say(_row(changed), as_json=as_json, text=f"{changed.username}: ปิดบัญชีแล้ว · disabled")


def _row(account: Account) -> dict[str, object]:
    return {
        "person": account.person,
        "username": account.username,
        "name": account.name,
        "roles": sorted(account.roles),
        "active": account.active,
    }


def _show_password(account: Account, password: str, *, as_json: bool) -> None:
    text = (
        f"{account.username}  รหัสผ่านครั้งแรก · one-time password: {password}\n"
        "ใช้ได้ครั้งเดียวภายใน 7 วัน · good once, within 7 days"
    )
    say({**_row(account), "password": password}, as_json=as_json, text=text)
