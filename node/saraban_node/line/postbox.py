"""Takes in what the centre keeps for this node: directory, number ranges, letters, receipts.

Every item is checked against the key of who signed it, whoever carried it here. An item that cannot
be taken in is set aside with its reason and never blocks the rest. Taking the same item in again
changes nothing.
"""

from collections.abc import Callable
from typing import Final

from saraban_base.sqlite import ConstraintError, Cursor, Write, all_or_nothing, rows, value
from saraban_node import meta
from saraban_node.appliance import Appliance
from saraban_node.books import entries
from saraban_node.journal import SYSTEM
from saraban_node.line import colleagues, deliveries, directory, inbox
from saraban_node.numbering import numbers
from saraban_sync import events, grants
from saraban_sync.body import FileRef
from saraban_sync.errors import SarabanError, Unintelligible
from saraban_sync.events import (
    MAX_FILES,
    Event,
    FilesAdded,
    LetterArrived,
    LetterSent,
    RangeAccepted,
    ReceiptGiven,
)
from saraban_sync.ids import EventId
from saraban_sync.registers import instant
from saraban_sync.wire import CENTRE, Document, chunk_names, signed

_BAD: Final = (SarabanError, ValueError, OverflowError, ConstraintError)
"""What content can cause that somebody else has written; a failing disk is not among it."""


def take_directory(write: Write, document: Document) -> None:
    """Take in an entry of the directory; one that the centre did not sign is set aside."""

    def take() -> None:
        key = meta.get(write.cursor, meta.CENTRE_KEY)
        directory.put(write, grants.read_entry(signed(document), key))

    _take(write, document, take)


def take_item(write: Write, node: Appliance, document: Document) -> None:
    """Take in an item of the mailbox, or set it aside with its reason."""
    how = _take_grant if document.sender == CENTRE else _take_event
    _take(write, document, lambda: how(write, node, document))


def set_aside(write: Write, document: Document, wrong: Exception) -> None:
    """Keep what could not be taken in, with the reason."""
    if not isinstance(wrong, SarabanError):
        wrong = Unintelligible(f"{type(wrong).__name__}: {wrong}")
    write.cursor.execute(
        "INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?, ?, ?, ?)",
        (
            document.id,
            document.sender,
            document.payload.decode("utf-8", "replace"),
            document.signature,
            instant(write.now),
            f"{wrong.code} {wrong.detail}",
        ),
    )


def set_aside_unreadable(write: Write, name: str, reason: str) -> None:
    """Note that something under this id could not even be read as a document."""
    write.cursor.execute(
        "INSERT OR REPLACE INTO set_aside VALUES (?, '', '', '', ?, ?)",
        (name, instant(write.now), f"{Unintelligible.code} {reason}"),
    )


def set_aside_count(cursor: Cursor) -> int:
    """Count the items that could not be taken in."""
    return int(value(cursor, "SELECT count(*) FROM set_aside"))


def wanted_files(cursor: Cursor) -> list[FileRef]:
    """List arrived files that are not wholly here, small ones first."""
    return [
        FileRef(sha256=row[0], name=row[1], media=row[2], size=row[3], chunks=tuple(row[4].split()))
        for row in rows(
            cursor,
            "SELECT sha256, name, media, size, chunks FROM wanted_file ORDER BY size, sha256",
        )
    ]


def give_up(write: Write, ref: FileRef, wrong: SarabanError) -> None:
    """Stop waiting for an arrived file that can never be whole, and keep the reason."""
    file_is_here(write, ref.sha256)
    set_aside_unreadable(write, f"file {ref.sha256}", f"{wrong.code} {wrong.detail}")


def file_is_here(write: Write, sha256: str) -> None:
    """Note that an arrived file is wholly here."""
    write.cursor.execute("DELETE FROM wanted_file WHERE sha256 = ?", (sha256,))


def _take(write: Write, document: Document, take: Callable[[], None]) -> None:
    """Take in the whole item or nothing of it."""
    try:
        with all_or_nothing(write):
            take()
    except _BAD as wrong:
        set_aside(write, document, wrong)


def _take_grant(write: Write, node: Appliance, document: Document) -> None:
    text = signed(document)
    grant = grants.read_grant(text, meta.get(write.cursor, meta.CENTRE_KEY))
    if not grants.own_grant(grant, office=node.office, node=node.node):
        raise Unintelligible(f"grant {grant.grant} is for {grant.node}")
    if not numbers.is_held(write.cursor, grant.grant):
        node.journal.append(write, RangeAccepted(grant=text), actor=SYSTEM)


def _take_event(write: Write, node: Appliance, document: Document) -> None:
    event = _read_event(write.cursor, node, document)
    office = _office_of(write.cursor, node, event.node)
    match events.understood(event):
        case LetterSent() as body if node.office in body.offices and event.node != node.node:
            if inbox.one_arrival(write.cursor, event.node, event.id) is not None:
                return
            _check_files(node, body.files)
            inbox.keep_letter(write, event)
            for ref in body.files:
                want(write, node, ref)
            if inbox.is_known(write.cursor, event.node, event.id):
                return  # it came back with the journal, which does not hold the letter itself
            node.journal.append(
                write, LetterArrived(source=event.source, sender_office=office), actor=SYSTEM
            )
        case LetterArrived() | ReceiptGiven():
            if not deliveries.keep_evidence(write, office, event):
                raise Unintelligible(f"{event.id} is about a letter we did not send to {office}")
        case _ if office == node.office:
            colleagues.take(write, node.journal, event, document.sender)
            _want_former_files(write, node, event, document.sender)
        case _:
            raise Unintelligible(f"a {event.type} is not for this office")


def _want_former_files(write: Write, node: Appliance, event: Event, owner: str) -> None:
    """Fetch the files that were put to a letter of this database before it was restored."""
    if owner != node.node or not isinstance(event.body, FilesAdded):
        return
    if entries.by_id(write.cursor, EventId(event.body.entry)) is not None:
        for ref in event.body.files:
            want(write, node, ref)


def _read_event(cursor: Cursor, node: Appliance, document: Document) -> Event:
    """Read an event by the key of who signed it.

    That is who sends it, or the node whose name the sender had before it was forked.
    """
    events.check_size(document.payload)
    signer = events.parse_event(document.payload, document.signature).node
    key = node.journal.key.public if signer == node.node else directory.node_key(cursor, signer)
    if key is None:
        raise Unintelligible(f"{signer} is not in the directory")
    event = events.read_event(document.payload, document.signature, key)
    sender = document.sender
    if sender != signer and _office_of(cursor, node, sender) != _office_of(cursor, node, signer):
        raise Unintelligible(f"event of {signer} from {sender}")
    return event


def _office_of(cursor: Cursor, node: Appliance, name: str) -> str:
    return node.office if name == node.node else str(directory.node_office(cursor, name))


def _check_files(node: Appliance, files: tuple[FileRef, ...]) -> None:
    """Refuse files that cannot be: asking for their parts would never end."""
    if len(files) > MAX_FILES:
        raise Unintelligible(f"{len(files)} files")
    for ref in files:
        if ref.size < 1:
            raise Unintelligible(f"file of {ref.size} bytes")
        for name in (ref.sha256, *chunk_names(ref.size, ref.sha256, ref.chunks)):
            node.files.path(name)


def want(write: Write, node: Appliance, ref: FileRef) -> None:
    """Note that a file must be fetched, unless it is here."""
    if not node.files.has(ref.sha256):
        write.cursor.execute(
            "INSERT OR IGNORE INTO wanted_file VALUES (?, ?, ?, ?, ?)",
            (ref.sha256, ref.name, ref.media, ref.size, " ".join(ref.chunks)),
        )
