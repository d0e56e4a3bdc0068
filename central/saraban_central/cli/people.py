"""Commands for those who may log in at the centre's pages."""

from pathlib import Path

import click

from saraban_base.passwords import Passwords
from saraban_central import people
from saraban_central.cli.common import folder_option, json_option, opened, say


@click.group()
def person() -> None:
    """Add and list people who may log in (ผู้ใช้)."""


@person.command("add")
@folder_option
@json_option
@click.argument("username")
@click.option("--name", required=True, help="The person's full name.")
@click.option("--role", type=click.Choice(people.ROLES), default=people.ADMIN, show_default=True)
def add(folder: Path, as_json: bool, username: str, name: str, role: str) -> None:
    """Give a person an account and print its one-time password (เพิ่มผู้ใช้)."""
    with opened(folder) as centre, centre.database.write() as write:
        account, password = people.add_person(
            write, Passwords(), username=username, name=name, role=role
        )
    result = {"username": account.username, "name": account.name, "password": password}
    text = (
        f"{account.username}  {account.name}\n"
        f"รหัสผ่านครั้งแรก ใช้ได้ครั้งเดียว · one-time password: {password}"
    )
    say(result, as_json=as_json, text=text)


@person.command("list")
@folder_option
@json_option
def list_people(folder: Path, as_json: bool) -> None:
    """List everybody who has an account (รายชื่อผู้ใช้)."""
    with opened(folder) as centre, centre.database.read() as cursor:
        found = people.people(cursor)
    rows = [
        {
            "username": one.username,
            "name": one.name,
            "roles": sorted(one.roles),
            "active": one.active,
        }
        for one in found
    ]
    lines = [f"{one.username}  {one.name}  {' '.join(sorted(one.roles))}" for one in found]
    say({"people": rows}, as_json=as_json, text="\n".join(lines) or "ยังไม่มีผู้ใช้ · nobody yet")
