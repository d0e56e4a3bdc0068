"""Half-written forms: kept on the node for each person, so that nothing typed is ever lost.

One draft for each person and kind of form; it survives a log-out, a crash and a power cut, and is
dropped in the same transaction in which its letter gets a number. The one writer of ``draft``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from saraban_base.sqlite import Cursor, Write, one, rows, value
from saraban_sync.body import FileRef
from saraban_sync.registers import instant, parse_instant

MAX_BYTES: Final = 256 * 1024
_fields: Final = msgspec.json.Decoder(dict[str, list[str]])
_files: Final = msgspec.json.Decoder(tuple[FileRef, ...])


@dataclass(frozen=True)
class Draft:
    """What a person has typed so far."""

    kind: str
    form: str
    """The form's own key: registering it twice gives one number."""
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: tuple[FileRef, ...] = ()
    saved_at: datetime | None = None

    def text(self, name: str) -> str:
        """Give a field's first value, empty when it was not typed."""
        values = self.fields.get(name)
        return values[0] if values else ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing worth keeping was typed."""
        return not self.files and not any(
            value.strip() for values in self.fields.values() for value in values
        )


def keep(write: Write, person: str, draft: Draft) -> None:
    """Keep a draft in place of the one before; an empty one is dropped."""
    fields = msgspec.json.encode(draft.fields)
    if len(fields) > MAX_BYTES:  # no letter has so much; the form itself still holds it
        return
    if draft.is_empty:
        drop(write, person, draft.kind)
        return
    write.cursor.execute(
        "INSERT OR REPLACE INTO draft (person, kind, form, fields, files, saved_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            person,
            draft.kind,
            draft.form,
            fields.decode("utf-8"),
            msgspec.json.encode(draft.files).decode("utf-8"),
            instant(write.now),
        ),
    )


def find(cursor: Cursor, person: str, kind: str) -> Draft | None:
    """Give a person's draft of a kind."""
    row = one(
        cursor,
        "SELECT kind, form, fields, files, saved_at FROM draft WHERE person = ? AND kind = ?",
        (person, kind),
    )
    return None if row is None else _draft(row)


def of_person(cursor: Cursor, person: str) -> list[Draft]:
    """List a person's drafts, the latest first."""
    found = rows(
        cursor,
        "SELECT kind, form, fields, files, saved_at FROM draft WHERE person = ?"
        " ORDER BY saved_at DESC",
        (person,),
    )
    return [_draft(row) for row in found]


def drop(write: Write, person: str, kind: str) -> None:
    """Drop a person's draft of a kind."""
    write.cursor.execute("DELETE FROM draft WHERE person = ? AND kind = ?", (person, kind))


def drop_form(write: Write, person: str, form: str) -> None:
    """Drop the draft of a form that became an entry; another form's draft stays."""
    write.cursor.execute("DELETE FROM draft WHERE person = ? AND form = ?", (person, form))


def sent_as(cursor: Cursor, form: str) -> int | None:
    """Tell which line of the register a form became, by its place in the journal."""
    found = value(cursor, "SELECT entry FROM form_sent WHERE form = ?", (form,))
    return None if found is None else int(found)


def _draft(row: tuple[str, str, str, str, str]) -> Draft:
    kind, form, fields, files, saved_at = row
    return Draft(kind, form, _fields.decode(fields), _files.decode(files), parse_instant(saved_at))
