"""หนังสือ: one letter — facts, files, deliveries, history, and what can be done with it."""

from collections.abc import Iterable
from urllib.parse import quote

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.errors import status_of
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.books import entries, history, letters
from saraban_node.books.entries import Entry
from saraban_node.books.uploads import ACCEPTED, download_media, put_upload
from saraban_node.errors import NoSuchEntry
from saraban_node.line import deliveries
from saraban_node.web.clock_words import ClockWords, words_of
from saraban_node.web.office import CLERKS, Office, actor
from saraban_node.web.problems import NoFileChosen, NoSuchFile
from saraban_sync.body import FileRef
from saraban_sync.errors import SarabanError
from saraban_sync.ids import EventId
from saraban_sync.registers import thai_date

_MORE_BYTES = 10 * 1024 * 1024


class LetterPage:
    """Shows a letter and does what can be done with it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        most = self._node.config.file_most_megabytes * 1024 * 1024 + _MORE_BYTES
        one = "/letters/{entry:str}"
        return [
            page(one, self.show, needs=CLERKS),
            page(one + "/files/{content:str}", self.download, needs=CLERKS),
            act(one + "/note", self.note, needs=CLERKS),
            act(one + "/void", self.void, needs=CLERKS),
            act(one + "/files", self.add_files, needs=CLERKS, max_bytes=most),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show the letter."""
        return self._show(visit)

    def note(self, visit: Visit) -> Answer:
        """Write down what was done with it (การปฏิบัติ)."""
        entry = EventId(visit.part("entry"))
        try:
            with self._node.db.write() as write:
                letters.note_entry(
                    write, self._node.journal, entry,
                    action=visit.form.text("action"), actor=actor(visit),
                )  # fmt: skip
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="note")
        return visit.redirect(f"/letters/{entry}", said="noted")

    def void(self, visit: Visit) -> Answer:
        """Cancel its number."""
        entry = EventId(visit.part("entry"))
        try:
            with self._node.db.write() as write:
                letters.void_entry(
                    write, self._node.journal, entry,
                    reason=visit.form.text("reason"), actor=actor(visit),
                )  # fmt: skip
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="void")
        return visit.redirect(f"/letters/{entry}", said="voided")

    def add_files(self, visit: Visit) -> Answer:
        """Put files to it."""
        node, entry = self._node, EventId(visit.part("entry"))
        limit = node.config.file_most_megabytes * 1024 * 1024
        try:
            with node.db.read() as cursor:
                _required(cursor, entry)
            uploads = visit.form.files.get("files", ())
            if not uploads:
                raise NoFileChosen(entry)
            refs = tuple(put_upload(node.files, upload, limit=limit) for upload in uploads)
            with node.db.write() as write:
                letters.add_files(write, node.journal, entry, files=refs, actor=actor(visit))
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="files")
        return visit.redirect(f"/letters/{entry}", said="files-added")

    def download(self, visit: Visit) -> Answer:
        """Give one of its files, checked against what was put away."""
        with self._node.db.read() as cursor:
            entry = _required(cursor, EventId(visit.part("entry")))
            refs = entries.files(cursor, entry.seq)
        return give_file(self._node, refs, visit.part("content"))

    def _show(self, visit: Visit, *, problem: SarabanError | None = None, part: str = "") -> Answer:
        name = EventId(visit.part("entry"))
        with self._node.db.read() as cursor:
            entry = entries.by_id(cursor, name) or _finished(cursor, name)
        if entry is None:
            raise NoSuchEntry(name[:40])
        if entry.id != name:
            return visit.redirect(f"/letters/{entry.id}")
        if is_without_letter(entry):
            return show_reserved(visit, entry, self._node, problem=problem)
        with self._node.db.read() as cursor:
            refs = entries.files(cursor, entry.seq)
            context = {
                "files": refs,
                "here": {ref.sha256 for ref in refs if self._node.files.has(ref.sha256)},
                "deliveries": deliveries.of_entry(cursor, entry.seq),
                "stored_at": deliveries.stored_at(cursor, entry.seq),
                "history": history.of_entry(cursor, entry.seq),
                "clock": self._clock(cursor, visit, entry),
            }
        return visit.page(
            "letter.html",
            status=status_of(problem) if problem else 200,
            entry=entry,
            enrolled=self._office.enrolled,
            problem=problem,
            part=part,
            typed=visit.form.fields,
            accepted=ACCEPTED,
            most_megabytes=self._node.config.file_most_megabytes,
            **context,
        )

    def _clock(self, cursor: Cursor, visit: Visit, entry: Entry) -> ClockWords | None:
        """Say how certain the legal time of the letter is."""
        event = journal.event_of(cursor, entry.seq)
        return None if event is None else words_of(visit.voice, event.clock)


def is_without_letter(entry: Entry) -> bool:
    """Tell whether a line is a reserved number that no letter has taken."""
    return entry.reservation == entry.id


def show_reserved(
    visit: Visit, entry: Entry, node: Appliance, *, problem: SarabanError | None = None
) -> Answer:
    """Show a reserved number: for whom, how long, and what can be done with it."""
    with node.db.read() as cursor:
        happened = history.of_entry(cursor, entry.seq)
    return visit.page(
        "reserved_one.html",
        status=status_of(problem) if problem else 200,
        entry=entry,
        history=happened,
        today=thai_date(node.clock.now()),
        typed=visit.form.fields,
        problem=problem,
    )


def give_file(node: Appliance, refs: Iterable[FileRef], content: str) -> Answer:
    """Answer with a file as a download that no browser will run.

    Args:
        node: the appliance.
        refs: the files the person may have.
        content: name of the wanted one's content.

    Raises:
        NoSuchFile: it is not among them.
        FileMissing, FileDamaged: it cannot be given.
    """
    ref = next((one for one in refs if one.sha256 == content), None)
    if ref is None:
        raise NoSuchFile(content[:80])
    headers = {
        "content-disposition": disposition(ref.name),
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
    }
    return Response(node.files.read(ref), media_type=download_media(ref.media), headers=headers)


def disposition(name: str) -> str:
    """Name a download as RFC 6266 says, for any name."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _finished(cursor: Cursor, reservation: EventId) -> Entry | None:
    """Give the letter that has taken a reserved number."""
    found = entries.select(
        cursor, "WHERE reservation = :name AND reservation <> ''", {"name": reservation}
    )
    return found[0] if found else None


def _required(cursor: Cursor, entry: EventId) -> Entry:
    found = entries.by_id(cursor, entry)
    if found is None:
        raise NoSuchEntry(entry[:40])
    return found
