"""A school with letters in its registers, for the tests of backup and restore."""

import io
from pathlib import Path

from saraban_base.clock import SystemClock
from saraban_base.sqlite import rows
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import letters
from saraban_node.books.letters import NewLetter
from saraban_node.numbering import numbers
from saraban_sync import grants
from saraban_sync.body import FileRef
from saraban_sync.events import RangeAccepted
from saraban_sync.grants import Grant
from saraban_sync.ids import NodeId, OfficeCode, PersonId
from saraban_sync.registers import Register, buddhist_year, instant
from saraban_sync.signing import SigningKey
from tests.offices import BOOKS

CLERK = PersonId("p-somsri")
NODE = NodeId("school-a")
OFFICE = OfficeCode("school-a")


def a_disk(repository: Path, name: str = "disk") -> dict[str, str]:
    """Write a place as the settings name it."""
    return {"name": name, "kind": "disk", "path": str(repository)}


def make_school(folder: Path, *, repository: Path | None = None) -> Appliance:
    """Make a node with ranges of this year's numbers and nothing registered."""
    node = appliance.create(
        folder,
        node=NODE,
        office=OFFICE,
        office_name="โรงเรียนบ้านดอย",
        settings={} if repository is None else {"backup_places": [a_disk(repository)]},
    )
    year = buddhist_year(node.clock.now())
    for register in BOOKS:
        grant_range(node, register, year)
    return node


def grant_range(node: Appliance, register: Register, year: int) -> None:
    """Let the node take a range of numbers."""
    grant = Grant(
        grant=f"g-{register}-{year}",
        office=OFFICE,
        node=NODE,
        register=register,
        year=year,
        first=1,
        last=5_000,
        at=instant(SystemClock().now()),
        generation=1,
    )
    signed = grants.sign_grant(SigningKey.generate(), grant)
    with node.db.write() as write:
        node.journal.append(write, RangeAccepted(grant=signed), actor=CLERK)


def register_letter(
    node: Appliance,
    subject: str,
    *,
    register: Register = Register.INCOMING,
    files: tuple[FileRef, ...] = (),
) -> int:
    """Register one letter and give its number."""
    letter = NewLetter(register=register, subject=subject, sender="สพป.", files=files)
    with node.db.write() as write:
        return letters.register_letter(write, node.journal, letter, actor=CLERK).number


def put_file(node: Appliance, content: bytes, name: str = "หนังสือ.pdf") -> FileRef:
    """Put a letter's file away."""
    return node.files.put(io.BytesIO(content), name=name, media="application/pdf")


def subjects(node: Appliance) -> list[str]:
    """Give the subjects of all letters in the order of their registration."""
    with node.db.read() as cursor:
        return [str(row[0]) for row in rows(cursor, "SELECT subject FROM entry ORDER BY seq")]


def numbers_left(node: Appliance) -> int:
    """Count the incoming numbers that are left."""
    with node.db.read() as cursor:
        return numbers.left(cursor, Register.INCOMING, buddhist_year(node.clock.now()))
