"""What the centre reads from a repository without its key, and what it makes of that."""

import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saraban_base.backup.retention import Keep
from saraban_central.backup_host import segments
from saraban_central.backup_host.judging import (
    Judgement,
    against_compaction,
    before_harm,
    freight,
    judge,
)
from saraban_central.backup_host.records import Receipt
from saraban_central.backup_host.segments import History, SegmentDamaged
from saraban_central.readmodel.machines import Backup, Drill

KEEP = Keep(daily=14, weekly=8, monthly=12, yearly=10)
NOON = datetime(2026, 11, 27, 5, tzinfo=UTC)
MONDAY, TUESDAY, PAPER = b"m" * 32, b"t" * 32, b"p" * 32


class Log:
    """A repository written entry by entry, as borg writes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        (folder / "data" / "0").mkdir(parents=True)
        (folder / "config").write_text("[repository]\nid = aa\nkey = k\n")
        (folder / "transactions").touch()

    def write(self, *entries: bytes) -> int:
        name = self.folder / "data" / "0" / str(self.number)
        name.write_bytes(b"BORG_SEG" + b"".join(entries))
        self.number += 1
        return self.number - 1

    def session(self, *entries: bytes, list_of: int = 9, at: datetime | None = NOON) -> int:
        """Write a session of a node: what it did, its list of archives, its commit."""
        self.write(*entries, put(segments.LIST_OF_ARCHIVES, b"l" * 32 * list_of))
        number = self.write(entry(2))
        if at is not None:
            with (self.folder / "transactions").open("a") as noted:
                noted.write(f"transaction {number}, UTC time {at:%Y-%m-%dT%H:%M:%S.%f}\n")
        return number

    def read(self) -> History:
        return segments.history(self.folder)


def entry(tag: int, key: bytes = b"", data: bytes = b"") -> bytes:
    body = struct.pack("<IB", 9 + len(key) + len(data), tag) + key + data
    return struct.pack("<I", zlib.crc32(body)) + body


def put(key: bytes, data: bytes = b"data") -> bytes:
    return entry(0, key, data)


def delete(key: bytes) -> bytes:
    return entry(1, key)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "repo")


def claimed(name: str, *archives: bytes, at: datetime = NOON, place: str = "/repo") -> Backup:
    return Backup(
        at=f"{at:%Y-%m-%dT%H:%M:%S}.000Z", archive=name, repository=f"ssh://h{place}",
        last_event="", entries=1, good=True, problem="", place="centre",
        archives=tuple(one.hex() for one in archives),
    )  # fmt: skip


def judged(log: Log, *backups: Backup, receipts: dict[str, Receipt] | None = None) -> Judgement:
    return judge(log.read(), backups, receipts or {}, repository_path="/repo", keep=KEEP)


def names(judgement: Judgement) -> list[str]:
    return [one.name for one in judgement.findings]


def test_what_a_node_deletes_is_known_with_the_session_that_did_it(log: Log) -> None:
    first = log.session(put(MONDAY), put(PAPER, b"p" * 100))
    second = log.session(delete(PAPER))

    story = log.read()

    assert set(story.live) == {MONDAY, segments.LIST_OF_ARCHIVES}
    assert (story.came[PAPER], story.went[PAPER]) == (first, second)
    assert [one.deleted for one in story.transactions] == [[], [PAPER]]
    assert story.transactions[1].at == "2026-11-27T05:00:00.000Z"


def test_a_session_that_is_still_writing_is_not_looked_at(log: Log) -> None:
    log.session(put(MONDAY))
    log.write(delete(MONDAY))
    log.write(put(TUESDAY)[:20])  # cut in the middle of an entry

    story = log.read()

    assert MONDAY in story.live
    assert len(story.transactions) == 1


@pytest.mark.parametrize(
    "broken", [b"no segment", b"BORG_SEG" + put(MONDAY)[:-2], b"BORG_SEG" + entry(7, MONDAY)]
)
def test_a_file_that_borg_did_not_write_so_is_damaged(log: Log, broken: bytes) -> None:
    log.session(put(MONDAY))
    (log.folder / "data" / "0" / "0").write_bytes(broken)

    with pytest.raises(SegmentDamaged):
        log.read()


def test_an_object_that_a_cut_compaction_left_twice_is_not_taken_for_overwritten(log: Log) -> None:
    first = log.session(put(MONDAY, b"same"))
    log.session(put(MONDAY, b"same"), at=None)

    story = log.read()

    assert [one.replaced for one in story.transactions] == [[], []]
    assert story.came[MONDAY] == first


def test_all_is_well_when_every_backup_is_there(log: Log) -> None:
    log.session(put(MONDAY), put(PAPER))
    log.session(put(TUESDAY), list_of=2)

    judgement = judged(log, claimed("monday", MONDAY), claimed("tuesday", TUESDAY))

    assert names(judgement) == []
    assert [one.state for one in judgement.here] == ["here", "here"]


def test_a_backup_at_another_place_is_not_missed_here(log: Log) -> None:
    log.session(put(MONDAY))

    judgement = judged(log, claimed("stick", TUESDAY, place="/media/stick"))

    assert judgement.backups == ()


def test_a_deleted_backup_that_must_be_kept_is_told_by_name(log: Log) -> None:
    log.session(put(MONDAY))
    good = log.session(put(TUESDAY), list_of=2)
    log.session(delete(TUESDAY))

    judgement = judged(log, claimed("tuesday", TUESDAY))

    assert [(one.name, one.what) for one in judgement.findings] == [("vanished", "tuesday")]
    assert getattr(before_harm(log.read(), judgement), "number", None) == good


def test_a_deleted_backup_that_need_not_be_kept_is_no_news(log: Log) -> None:
    log.session(put(MONDAY), at=NOON - timedelta(hours=3))
    log.session(put(TUESDAY), at=NOON)  # the same day, and later
    log.session(delete(MONDAY))

    judgement = judged(log, claimed("morning", MONDAY), claimed("noon", TUESDAY))

    assert names(judgement) == []


def test_one_of_two_archives_of_a_backup_is_only_a_part_of_it(log: Log) -> None:
    log.session(put(MONDAY))
    log.session(put(TUESDAY), list_of=2)
    log.session(delete(MONDAY))

    judgement = judged(log, claimed("backup", MONDAY, TUESDAY))

    assert names(judgement) == ["partly"]


def test_data_that_came_with_a_backup_and_was_deleted_under_it_is_found(log: Log) -> None:
    good = log.session(put(MONDAY), put(PAPER))
    log.session(delete(PAPER))

    judgement = judged(log, claimed("backup", MONDAY))

    assert names(judgement) == ["partly"]
    assert getattr(before_harm(log.read(), judgement), "number", None) == good


def test_what_a_session_deleted_of_its_own_belongs_to_no_backup(log: Log) -> None:
    """borg deletes the marks that it left on the way of a long backup."""
    log.session(put(MONDAY), put(PAPER), delete(PAPER))

    assert freight(log.read(), [MONDAY]) == {MONDAY}
    assert names(judged(log, claimed("backup", MONDAY))) == []


def test_a_backup_that_the_node_tells_of_and_that_never_came_is_told(log: Log) -> None:
    log.session(put(MONDAY))

    judgement = judged(log, claimed("monday", MONDAY), claimed("ghost", TUESDAY))

    assert [(one.name, one.what) for one in judgement.findings] == [("never-came", "ghost")]


def test_a_backup_that_was_seen_before_is_missed_though_no_trace_of_it_is_left(log: Log) -> None:
    log.session(put(MONDAY))
    seen = Receipt(
        archives=(TUESDAY.hex(),), transaction=9, seen_at="2026-11-27T05:00:00.000Z",
        came_at="2026-11-27T05:00:00.000Z",
    )  # fmt: skip

    judgement = judged(log, claimed("tuesday", TUESDAY), receipts={"tuesday": seen})

    assert names(judgement) == ["vanished"]


def test_a_backup_that_was_given_up_is_asked_for_no_more_unless_it_is_there(log: Log) -> None:
    log.session(put(MONDAY))
    backups = [claimed("monday", MONDAY), claimed("tuesday", TUESDAY)]

    judgement = judge(
        log.read(), backups, {}, repository_path="/repo", keep=KEEP,
        given_up=("monday", "tuesday"),
    )  # fmt: skip

    assert names(judgement) == []
    assert [one.name for one in judgement.here] == ["monday"]


def test_overwritten_data_is_found_and_the_session_before_it_is_known(log: Log) -> None:
    good = log.session(put(MONDAY), put(PAPER, b"true"))
    log.session(put(PAPER, b"lies"))

    judgement = judged(log, claimed("backup", MONDAY))

    assert names(judgement) == ["partly", "replaced"]
    assert getattr(before_harm(log.read(), judgement), "number", None) == good


def test_data_that_was_deleted_and_came_again_otherwise_makes_a_backup_partial(log: Log) -> None:
    good = log.session(put(MONDAY), put(PAPER, b"true"))
    log.session(delete(PAPER), put(TUESDAY))
    log.session(put(PAPER, b"lies"), list_of=2)

    judgement = judged(log, claimed("backup", MONDAY))

    assert names(judgement) == ["partly"]
    assert getattr(before_harm(log.read(), judgement), "number", None) == good


def test_overwriting_as_borg_writes_it_is_found(log: Log) -> None:
    log.session(put(MONDAY), put(PAPER, b"true"))
    log.session(delete(PAPER), put(PAPER, b"lies"))

    assert "replaced" in names(judged(log, claimed("backup", MONDAY)))


def test_data_of_a_deleted_backup_may_come_again(log: Log) -> None:
    log.session(put(MONDAY), put(PAPER, b"once"), at=NOON - timedelta(hours=2))
    log.session(delete(MONDAY), delete(PAPER))
    log.session(put(TUESDAY), put(PAPER, b"again"))

    assert names(judged(log, claimed("monday", MONDAY), claimed("tuesday", TUESDAY))) == []


def test_a_list_too_short_for_the_archives_is_found(log: Log) -> None:
    """An attacker with the key can take archives out of the list and leave them where they are."""
    good = log.session(put(MONDAY), put(TUESDAY), list_of=2)
    log.session(list_of=0)

    judgement = judged(log, claimed("monday", MONDAY), claimed("tuesday", TUESDAY))

    assert names(judgement) == ["list-short"]
    assert getattr(before_harm(log.read(), judgement), "number", None) == good


def test_nothing_harmed_is_nothing_to_take_back(log: Log) -> None:
    log.session(put(MONDAY))

    assert before_harm(log.read(), judged(log, claimed("monday", MONDAY))) is None


@pytest.mark.parametrize(
    ("days", "drilled_after", "expected"),
    [
        (29, True, ["fresh-deletion"]),
        (31, True, []),
        (31, False, ["no-drill"]),
    ],
)
def test_deletions_become_final_after_the_delay_and_a_drill(
    log: Log, days: int, drilled_after: bool, expected: list[str]
) -> None:
    log.session(put(MONDAY), at=NOON - timedelta(hours=2))
    log.session(put(TUESDAY), at=NOON)
    log.session(delete(MONDAY), at=NOON)
    judgement = judged(log, claimed("monday", MONDAY), claimed("tuesday", TUESDAY))
    moment = NOON + timedelta(days=1 if drilled_after else -1)
    drill = Drill(
        at=f"{moment:%Y-%m-%dT%H:%M:%S}.000Z", archive="tuesday", place="centre", result="good",
        key="machine", entries=1, problem="",
    )  # fmt: skip

    found = against_compaction(
        log.read(), judgement, drill, now=NOON + timedelta(days=days), delay=timedelta(days=30)
    )

    assert [one.name for one in found] == expected
