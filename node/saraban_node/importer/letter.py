"""What comes out of a register file: letters, and rows that could not be read.

A line number is what a person sees: the row number in Excel, the line number in a text editor.
"""

from dataclasses import dataclass
from datetime import date

from saraban_sync.registers import Register, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLetter:
    """One line of an office's old register, as its file says it."""

    register: Register
    subject: str
    """เรื่อง; the only thing that must be there."""
    sender: str = ""
    recipient: str = ""
    letter_no: str = ""
    letter_date: date | None = None
    action: str = ""
    remark: str = ""
    urgency: Urgency = Urgency.NORMAL
    offices: tuple[str, ...] = ()
    """Codes of the offices the letter is to be sent to; only in the outgoing register."""
    old_number: str = ""
    """The number in the old register. It is kept for finding; the new register gives its own."""
    received_on: date | None = None
    """The day of receiving; only in the incoming register."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read."""

    line: int
    letter: ImportedLetter
    sheet: str = ""
    """The sheet of an Excel file; empty for CSV."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken, and why; the rows around it are not touched by it."""

    line: int
    reason_th: str
    reason_en: str
    column: str
    """The head of the column as the file writes it; empty when the whole row is meant."""
    seen: str
    """What stands there, shortened."""
    sheet: str = ""
