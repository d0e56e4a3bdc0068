"""A standard CouchDB client, written by others, copies a journal from the gateway and back.

Client and gateway by the same hands could share a misreading; PouchDB shares ours with nobody.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from saraban_central import directory
from saraban_central.identity import generation
from saraban_sync.events import EntryNoted, Event
from saraban_sync.registers import Register
from saraban_sync.wire import event_document, journal_database, mailbox_database
from tests.central_district import District, Office
from tests.served_centre import journal_ids, new_secret, serving

_JS = Path(__file__).parents[1] / "js"
_NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(_NODE is None, reason="there is no node on this machine"),
    pytest.mark.skipif(
        not (_JS / "node_modules" / "pouchdb").is_dir(),
        reason="PouchDB is not installed: npm --prefix tests/js ci --ignore-scripts",
    ),
]


class Pouch:
    """One PouchDB process; its copies are gone when it ends."""

    def __init__(self, url: str, name: str, secret: str) -> None:
        self._process = subprocess.Popen(
            [str(_NODE), str(_JS / "replicate.js"), url, name, secret],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, command: str, db: str, **more: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, "db": db, **more}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    # Nobody grants anything meanwhile: what is copied is compared with what is there.
    by_hand = msgspec.structs.replace(made.centre.config, auto_grant=False)
    object.__setattr__(made.centre, "config", by_hand)
    yield made
    made.close()


@pytest.fixture
def school(district: District) -> Office:
    return district.office("school-1")


@pytest.fixture
def pouch(district: District, school: Office) -> Iterator[Pouch]:
    with serving(district.centre) as url:
        client = Pouch(url, *new_secret(school))
        yield client
        client.close()


def _notes(school: Office, count: int) -> list[Event]:
    return [
        school.write(EntryNoted(entry="0001-0000000001", action=f"เสนอครั้งที่ {number}"))
        for number in range(count)
    ]


def _docs(school: Office) -> list[dict[str, Any]]:
    return [event_document(event).as_json() for event in school.events]


def test_a_journal_is_copied_whole_and_bit_for_bit(school: Office, pouch: Pouch) -> None:
    school.tell(*_notes(school, 250))
    journal = journal_database(school.node)

    done = pouch.do("pull", journal)

    count = len(school.events)
    assert done == {"ok": True, "read": count, "written": count, "errors": []}
    assert pouch.do("docs", journal)["docs"] == _docs(school)


def test_a_second_copy_goes_on_where_the_first_one_ended(school: Office, pouch: Pouch) -> None:
    journal = journal_database(school.node)
    pouch.do("pull", journal, batch=2)
    assert pouch.do("pull", journal)["read"] == 0

    school.tell(*_notes(school, 7))

    assert pouch.do("pull", journal)["read"] == 7
    assert pouch.do("docs", journal)["docs"] == _docs(school)


def test_a_copy_that_lost_its_bookmark_begins_anew_and_is_whole(
    district: District, school: Office, tmp_path: Path
) -> None:
    journal = journal_database(school.node)
    with serving(district.centre) as url:
        for _ in range(2):
            client = Pouch(url, *new_secret(school))
            assert client.do("pull", journal)["read"] == len(school.events)
            client.close()


def test_a_copy_goes_on_after_the_centre_was_set_back_and_is_whole(
    district: District, school: Office, pouch: Pouch
) -> None:
    """What was copied before is read again, and changes nothing."""
    journal = journal_database(school.node)
    pouch.do("pull", journal)
    generation.restored(district.centre, by="cli:root")
    school.tell(*_notes(school, 3))

    done = pouch.do("pull", journal)

    assert (done["ok"], done["written"]) == (True, 3)
    assert pouch.do("docs", journal)["docs"] == _docs(school)
    assert pouch.do("pull", journal)["read"] == 0


def test_a_live_copy_follows_the_journal(school: Office, pouch: Pouch) -> None:
    journal = journal_database(school.node)
    pouch.do("live", journal)
    pouch.do("wait", journal, count=len(school.events))

    for event in _notes(school, 5):
        school.tell(event)
        pouch.do("wait", journal, count=event.seq)

    pouch.do("stop", journal)
    assert pouch.do("docs", journal)["docs"] == _docs(school)
    school.tell(*_notes(school, 3))
    assert pouch.do("pull", journal)["read"] == 3


def test_mailbox_and_directory_are_copied_as_well(
    district: District, school: Office, pouch: Pouch
) -> None:
    school.take(Register.OUTGOING, 5)
    for name in (mailbox_database(school.node), "directory"):
        held = district.centre.store.page(name)

        assert pouch.do("pull", name)["written"] == len(held)
        assert pouch.do("docs", name)["docs"] == [document.as_json() for document in held]


def test_a_journal_sent_by_pouchdb_is_admitted_and_what_is_forged_is_named(
    school: Office, pouch: Pouch
) -> None:
    before = journal_ids(school)
    good = [event_document(event).as_json() for event in _notes(school, 4)]
    forged = {**good[2], "_id": "0001-0000000900"}

    done = pouch.do("push", journal_database(school.node), docs=[*good, forged])

    assert journal_ids(school) == [*before, *(doc["_id"] for doc in good)]
    assert (done["written"], done["failures"]) == (4, 1)


def test_single_documents_and_lists_are_read(school: Office, pouch: Pouch) -> None:
    journal = journal_database(school.node)
    document = _docs(school)[1]

    assert pouch.do("info", journal)["doc_count"] == len(school.events)
    assert pouch.do("one", journal, id=document["_id"])["doc"] == document
    every = pouch.do("one", journal, id=document["_id"], options={"open_revs": "all"})
    assert every["doc"] == [{"ok": document}]
    options = {"startkey": document["_id"], "limit": 2, "include_docs": True}
    listed = pouch.do("all", journal, options=options)
    assert [row["doc"] for row in listed["rows"]] == _docs(school)[1:3]


def test_another_offices_journal_is_not_for_this_client(
    district: District, school: Office, pouch: Pouch
) -> None:
    area = district.office("area-1")

    assert pouch.do("pull", journal_database(area.node))["status"] == 403
    assert pouch.do("docs", journal_database(area.node))["docs"] == []


def test_a_live_copy_ends_when_its_node_is_revoked(
    district: District, school: Office, pouch: Pouch
) -> None:
    journal = journal_database(school.node)
    pouch.do("live", journal)
    count = pouch.do("wait", journal, count=len(school.events))["count"]
    directory.revoke(district.centre, school.node)

    school.tell(*_notes(school, 3))

    assert pouch.do("pull", journal)["status"] == 403
    assert len(pouch.do("docs", journal)["docs"]) == count
