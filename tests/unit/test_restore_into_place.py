"""Restoring a node into its own place: what would be lost is shown, and nothing is deleted."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saraban_base.clock import SystemClock
from saraban_base.sqlite import looking_at
from saraban_node import appliance
from saraban_node.backup import one_letter, preview, replacing, service
from saraban_node.backup.one_letter import Wanted
from saraban_node.backup.restore import LATEST, From, Restored, restore_to
from saraban_node.backup.restore_errors import NoSuchLetter, SeveralLetters
from saraban_node.books import entries, letters
from saraban_node.cli.common import failed
from saraban_node.cli.restore import restore, restore_letter
from saraban_sync.backup_events import BackupFinished
from saraban_sync.errors import SarabanError
from saraban_sync.ids import NodeId, OfficeCode
from saraban_sync.registers import Register
from tests.backup_office import CLERK, make_school, put_file, register_letter, subjects

PAPER = b"%PDF-1.7 one page"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three letters and a backup, and two letters more; the node is switched off."""
    folder = tmp_path_factory.mktemp("school") / "node"
    node = make_school(folder)
    paper = put_file(node, PAPER, name="คำสั่ง.pdf")
    for count in range(3):
        register_letter(node, f"ก่อนสำรอง {count}", files=(paper,) if count == 1 else ())
    register_letter(node, "ส่งก่อนสำรอง", register=Register.OUTGOING)
    service.back_up(node)
    for count in range(2):
        register_letter(node, f"หลังสำรอง {count}")
    node.close()
    return folder


@pytest.fixture(scope="module")
def brought(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Restored:
    """What borg brings back, once for all tests."""
    return restore_to(
        tmp_path_factory.mktemp("brought") / "node",
        LATEST,
        source=From(repository=made / "repo", passphrase_file=made / "keys" / "backup-passphrase"),
        clock=SystemClock(),
    )


@pytest.fixture
def at_once(brought: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a restore give at once what borg brought back before."""

    def quick(folder: Path, _archive: str, **_more: Any) -> Restored:
        shutil.copytree(brought.folder, folder)
        return replace(brought, folder=folder)

    monkeypatch.setattr(replacing, "restore_to", quick)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "node"))


def _run(folder: Path, *arguments: str, typed: str = "", command: Any = restore) -> Result:
    done = CliRunner().invoke(command, [*arguments, "--folder", str(folder)], input=typed)
    if isinstance(done.exception, SarabanError):
        with pytest.raises(SystemExit):
            failed(done.exception)
    return done


def _code(done: Result) -> str:
    assert isinstance(done.exception, SarabanError), done.output
    return done.exception.code


def _beside(folder: Path) -> list[str]:
    return sorted(one.name.rpartition("-")[0] for one in folder.parent.iterdir() if one != folder)


def test_what_only_the_old_folder_has_is_named_and_the_old_folder_stays(folder: Path) -> None:
    before = folder.stat().st_ino

    done = _run(folder, "--json", "--yes", "--reason", "ฐานข้อมูลเสียหาย")

    told = json.loads(done.stdout)
    assert [(one["number"], one["subject"]) for one in told["lost"]] == [
        (4, "หลังสำรอง 0"), (5, "หลังสำรอง 1"),
    ]  # fmt: skip
    aside = Path(told["before"])
    assert aside.name.startswith("node.before-restore-")
    assert aside.stat().st_ino == before
    assert _beside(folder) == ["node.before-restore"]
    node = appliance.open_appliance(folder)
    assert subjects(node) == ["ก่อนสำรอง 0", "ก่อนสำรอง 1", "ก่อนสำรอง 2", "ส่งก่อนสำรอง"]
    node.close()
    note = json.loads((folder / "backup" / "restored.json").read_text())
    assert note["reason"] == "ฐานข้อมูลเสียหาย"
    assert note["lost"] == ["incoming 4/2569 หลังสำรอง 0", "incoming 5/2569 หลังสำรอง 1"]
    assert (told["fenced"], told["line"]) == ("restored", "none")
    assert (folder / "repo" / "config").exists(), "the node goes on with its own repository"


@pytest.mark.usefixtures("at_once")
def test_nothing_changes_without_a_reason_or_a_yes(folder: Path) -> None:
    assert _code(_run(folder, "--yes")) == "SRB-448"
    refused = _run(folder, "latest", typed="n\n")
    looked = _run(folder, "latest", "--preview", "--json")

    assert refused.exit_code == 1
    assert "หลังสำรอง 1" in refused.output
    told = json.loads(looked.stdout)
    assert (told["live"], told["centre"], len(told["lost"])) == ("read", "none", 2)
    assert _beside(folder) == []
    node = appliance.open_appliance(folder)
    assert len(subjects(node)) == 6
    node.close()


@pytest.mark.usefixtures("at_once")
def test_a_person_is_shown_the_backups_and_asked_for_the_reason(folder: Path) -> None:
    done = _run(folder, typed="latest\ny\nสั่งโดยผู้อำนวยการ\n")

    assert done.exit_code == 0, done.output
    assert "school-a-0001-" in done.output
    assert "saraban-node fence lift" in done.output
    note = json.loads((folder / "backup" / "restored.json").read_text())
    assert note["reason"] == "สั่งโดยผู้อำนวยการ"


def test_a_burnt_machine_comes_back_with_repository_and_passphrase(
    folder: Path, tmp_path: Path
) -> None:
    shutil.move(folder / "repo", tmp_path / "stick")
    typed = (folder / "keys" / "backup-passphrase").read_text().strip()
    shutil.rmtree(folder)

    done = _run(folder, "--json", typed=f"{tmp_path / 'stick'}\n{typed}\n\ny\n")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["live"] == "none"


@pytest.mark.usefixtures("at_once")
def test_a_database_that_cannot_be_read_is_said_and_is_no_hindrance(folder: Path) -> None:
    (folder / "node.db").write_bytes(b"ash" * 9_000)

    done = _run(folder, "--json", "--yes")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["live"] == "unreadable"


def test_what_a_backup_writes_of_itself_is_no_loss_but_a_note_is(folder: Path) -> None:
    """Every backup misses that it ended well; nobody has to give a reason for that."""
    archived = Path(shutil.copytree(folder, folder.with_name("archived")))
    node = appliance.open_appliance(folder)
    ended = BackupFinished(archive="a", repository="r", last_event="", entries=0, good=True)
    with node.db.write() as write:
        letter = next(iter(entries.select(write.cursor, "WHERE number = 1", {})))
        node.journal.append(write, ended, actor=CLERK)

    assert not preview.look(archived, folder).loses

    with node.db.write() as write:
        letters.note_entry(write, node.journal, letter.id, action="สั่งแล้ว", actor=CLERK)
    node.close()
    seen = preview.look(archived, folder)
    assert (seen.lost, seen.acts_lost, seen.loses) == ((), 1, True)


def test_a_node_that_is_at_work_is_not_replaced(folder: Path) -> None:
    at_work = subprocess.Popen(
        [sys.executable, "-c", "import sys; f = open(sys.argv[1]); print(flush=True); input()",
         str(folder / "node.db")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert at_work.stdout is not None
    at_work.stdout.readline()

    done = _run(folder, "--yes", "--reason", "x")

    at_work.communicate(b"\n")
    assert _code(done) == "SRB-446"
    assert _beside(folder) == []


@pytest.mark.usefixtures("at_once")
def test_another_offices_backup_does_not_take_the_place(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    appliance.create(
        other, node=NodeId("hospital"), office=OfficeCode("hospital"), office_name="รพ.สต."
    ).close()
    stick, secret = folder / "repo", folder / "keys" / "backup-passphrase"

    done = _run(other, "--yes", "--repository", str(stick), "--passphrase-file", str(secret))

    assert _code(done) == "SRB-445"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["node", "other"]


def test_one_letter_comes_out_with_its_file_and_its_proof(folder: Path, tmp_path: Path) -> None:
    node = appliance.open_appliance(folder)  # it goes on working

    done = _run(
        folder, "2", "--register", "incoming", "--to", str(tmp_path / "out"), "--json",
        command=restore_letter,
    )  # fmt: skip

    node.close()
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["letter"]["subject"] == "ก่อนสำรอง 1"
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "letter.json", "letter.txt", "proof.json", "คำสั่ง.pdf",
    ]  # fmt: skip
    assert (tmp_path / "out" / "คำสั่ง.pdf").read_bytes() == PAPER
    proof = json.loads((tmp_path / "out" / "proof.json").read_text())
    assert proof["chain_checked"] > 4
    assert [one["id"] for one in proof["events"]] == [told["letter"]["id"]]
    assert "ก่อนสำรอง 1" in (tmp_path / "out" / "letter.txt").read_text()


def test_a_letter_that_is_not_in_the_backup_or_not_clear_is_not_guessed(brought: Restored) -> None:
    with looking_at(brought.folder / "node.db") as cursor:
        for letter in ("9", "0001-0000099999", "no-such"):
            with pytest.raises(NoSuchLetter):
                one_letter.find(cursor, Wanted(letter=letter), "a")
        with pytest.raises(SeveralLetters, match="incoming/2569, outgoing/2569"):
            one_letter.find(cursor, Wanted(letter="1"), "a")
        found = one_letter.find(cursor, Wanted(letter="1", register=Register.OUTGOING), "a")
        again = one_letter.find(cursor, Wanted(letter=found.id), "a")

    assert found.subject == again.subject == "ส่งก่อนสำรอง"
