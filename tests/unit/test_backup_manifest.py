"""What a backup says of itself, and how a shrunken database is noticed."""

import pytest

from saraban_base.backup.protocol import Failure, failure_of
from saraban_node.backup import manifest as manifests
from saraban_node.backup.manifest import Manifest, RegisterCount, Summary
from saraban_sync.registers import Register


def _manifest(*, events: int = 40, incoming: int = 30, epoch: int = 1) -> Manifest:
    return Manifest(
        version=1, node="school-a", office="school-a", epoch=epoch,
        made_at="2026-11-22T12:00:00.000Z", program="0.1.0", schema="0001_register.sql",
        events=events, last_event=f"0001-{events:010d}", head="ab" * 32,
        registers=(
            RegisterCount(register=Register.INCOMING, year=2569, entries=incoming, first=1,
                          last=incoming),
            RegisterCount(register=Register.OUTGOING, year=2569, entries=4, first=1, last=4),
        ),
        files=7, file_bytes=1_000,
    )  # fmt: skip


def _summary(manifest: Manifest) -> Summary:
    return manifests.read_summary(manifests.summary_line(manifest))


def test_the_line_beside_an_archive_tells_what_is_in_it() -> None:
    summary = _summary(_manifest())

    assert summary.events == 40
    assert summary.entries == 34
    assert summary.files == 7
    assert summary.last_event == "0001-0000000040"
    assert summary.registers == {"incoming/2569": 30, "outgoing/2569": 4}


@pytest.mark.parametrize("line", ["", "saraban9 events=4", "by hand", "saraban1 events=many x"])
def test_a_line_that_is_not_ours_tells_nothing(line: str) -> None:
    assert manifests.read_summary(line).events == 0


def test_a_database_that_has_grown_has_lost_nothing() -> None:
    before = _summary(_manifest())

    assert manifests.lost(before, _manifest()) == []
    assert manifests.lost(before, _manifest(events=41, incoming=31)) == []


def test_a_register_that_lost_lines_is_named_even_if_the_journal_grew() -> None:
    lost = manifests.lost(_summary(_manifest()), _manifest(events=50, incoming=29))

    assert lost == ["incoming/2569 30 → 29"]


def test_a_database_restored_from_an_older_backup_may_hold_less_once_the_centre_knows() -> None:
    before = _summary(_manifest())

    assert manifests.lost(before, _manifest(events=20, incoming=15))
    assert manifests.lost(before, _manifest(events=20, incoming=15, epoch=2)) == []


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (0, None),
        (1, Failure.OTHER),
        (2, Failure.OTHER),
        (13, Failure.REPOSITORY_MISSING),
        (44, Failure.DAMAGED),
        (52, Failure.WRONG_PASSPHRASE),
        (64, Failure.REPOSITORY_ROLLED_BACK),
        (73, Failure.LOCKED),
        (90, Failure.DAMAGED),
        (105, Failure.OTHER),
        (107, Failure.SOURCE_MISSING),
        (-9, Failure.OTHER),
        (143, Failure.CANCELLED),
    ],
)
def test_no_exit_code_of_borg_but_0_passes_for_success(code: int, failure: Failure | None) -> None:
    assert failure_of(code) is failure
