"""What people do at a desk; each act is the product's own, and may be refused in its own words."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

from saraban_base.sqlite import Write
from saraban_node import housekeeping
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters
from saraban_node.books.entries import Entry
from saraban_node.clocks import year_gate
from saraban_node.line import inbox
from saraban_node.numbering import emergency, reservations
from saraban_sync.ids import OfficeCode
from saraban_sync.registers import Register, thai_date
from tests.offices import MALI, SOMSRI, a_letter
from tests.world.machines import Machine

T = TypeVar("T")

NEAR: Final = timedelta(minutes=5)
"""So exactly a person compares the machine's clock with another."""
_WORDS: Final = "เหตุผล"


def register(machine: Machine, book: Register, n: int, *, to: str = "") -> Entry:
    """Register the n-th letter, and send it to an office if one is named."""
    offices = (OfficeCode(to),) if to else ()
    letter = a_letter(n, book, offices=offices)
    return _at(
        machine,
        lambda write, node: letters.register_letter(write, node.journal, letter, actor=SOMSRI),
    )


def register_arrival(machine: Machine) -> Entry:
    """Register the oldest letter that came from another office.

    Raises:
        LookupError: there is none.
    """
    with machine.node.db.read() as cursor:
        letter = inbox.letter_of(inbox.arrivals(cursor, limit=1)[0])
    return _at(
        machine,
        lambda write, node: letters.register_letter(write, node.journal, letter, actor=MALI),
    )


def reserve(machine: Machine, book: Register, days: int) -> Entry:
    """Reserve a number for some days."""
    return _at(
        machine,
        lambda write, node: reservations.reserve(
            write, node.journal, register=book, holder="ครูมะลิ", purpose="ขอเลข",
            expires=thai_date(write.now) + timedelta(days=days), actor=SOMSRI,
        ),
    )  # fmt: skip


def finish(machine: Machine, n: int, reserved: Entry) -> Entry:
    """Write the letter of a reserved number."""
    letter = a_letter(n, reserved.register, reservation=reserved.id)
    return _at(
        machine,
        lambda write, node: letters.register_letter(write, node.journal, letter, actor=MALI),
    )


def cancel(machine: Machine, reserved: Entry) -> Entry:
    """Give a reserved number up."""
    return _at(
        machine,
        lambda write, node: reservations.cancel(
            write, node.journal, reserved.id, reason=_WORDS, actor=MALI
        ),
    )


def void(machine: Machine, entry: Entry) -> Entry:
    """Cancel a letter's number."""
    return _at(
        machine,
        lambda write, node: letters.void_entry(
            write, node.journal, entry.id, reason=_WORDS, actor=SOMSRI
        ),
    )


def open_emergency(machine: Machine) -> None:
    """Open the emergency register."""
    _at(
        machine,
        lambda write, node: emergency.open_outage(
            write, node.journal, cause="สายขาด", actor=SOMSRI
        ),
    )


def register_in_emergency(machine: Machine, book: Register, n: int) -> Entry:
    """Register the n-th letter in the emergency register."""
    return _at(
        machine,
        lambda write, node: emergency.register(
            write, node.journal, a_letter(n, book), actor=SOMSRI
        ),
    )


def keep_house(machine: Machine) -> None:
    """What the machine does by itself once a minute."""
    housekeeping.keep_house(machine.node)


def clock_refused(machine: Machine) -> bool:
    """Tell whether the machine gives no number because of its clock."""
    node = machine.node
    with node.db.read() as cursor:
        return year_gate.standing(cursor, node.journal.clock).refusal is not None


def confirm_clock(machine: Machine, *, administrator: bool) -> None:
    """Say that date and time are right."""
    _at(
        machine,
        lambda write, node: year_gate.confirm(
            write, node.journal, shown=write.now, actor=SOMSRI, administrator=administrator
        ),
    )


def line(machine: Machine, state: str, which: int) -> Entry:
    """Choose one of the newest lines that are in a state.

    Raises:
        LookupError: there is none.
    """
    with machine.node.db.read() as cursor:
        found = entries.select(
            cursor, "WHERE state = :state ORDER BY seq DESC LIMIT 8", {"state": state}
        )
    return found[which % max(len(found), 1)]


def _at(machine: Machine, act: Callable[[Write, Appliance], T]) -> T:
    node = machine.node
    with node.db.write() as write:
        return act(write, node)
