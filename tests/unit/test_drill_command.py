"""The command that tries a backup out, and its certificate, as an administrator sees them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saraban_base.backup import errors
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.backup import certificate, drill, halves
from saraban_node.backup.drill_errors import DrilledBad, NoSuchDrill
from saraban_node.cli.drill import NOT_RUN, drill_command
from saraban_sync.errors import SarabanError
from tests.backup_office import make_school
from tests.recovery_paper import pages, words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_school(tmp_path / "โรงเรียน").close()
    return tmp_path / "โรงเรียน"


def run(folder: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(drill_command, ["--folder", str(folder), *arguments], input=typed)


def seen(monkeypatch: pytest.MonkeyPatch, problem: SarabanError | None) -> None:
    """Let a drill see something without borg."""

    def look(work: drill._Drill, _passphrase: Path) -> None:
        work.archive, work.entries, work.files = "school-a-0001-20260101T000000000Z", 12, 3
        if problem is not None:
            raise problem

    monkeypatch.setattr(drill, "_bring_back_and_look", look)


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (None, 0, "กู้คืนได้ครบ 12 รายการ"),
        (DrilledBad("files", archive="a", what="files"), 1, "the backup is no good"),
        (errors.RepositoryMissing("away", repository="r"), NOT_RUN, "could not be run"),
    ],
)
def test_how_the_command_ends_tells_a_bad_backup_from_a_drill_that_could_not_be_run(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem: SarabanError | None,
    code: int,
    said: str,
) -> None:
    seen(monkeypatch, problem)

    done = run(folder)

    assert done.exit_code == code, done.output
    assert said in done.stdout


def test_both_halves_of_the_sheet_are_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(monkeypatch, None)
    passphrase = "x" * 43
    both = halves.split(passphrase, "7K3D9Q", bytes(halves.pad_length(passphrase)))

    done = run(folder, "--key", "sheet", "--json", typed="\n".join(both))

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["key"] == "sheet"


def test_the_certificate_is_one_page_that_says_what_was_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(monkeypatch, None)
    paper = tmp_path / "ใบรับรอง.pdf"

    done = run(folder, "--certificate", str(paper), "--json")

    said = json.loads(done.stdout)
    text = words(paper.read_bytes())
    assert pages(paper.read_bytes()) == 1
    assert "Certificateofarestoredrill" in text
    assert said["event"] in text
    assert "school-a-0001-20260101T000000000Z" in text


def _certificate(node: Appliance) -> str:
    return words(certificate.of_drill(node, drill.run(node).seq))


def test_nothing_is_certified_of_a_backup_that_is_bad_or_was_not_tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = appliance.open_appliance(folder)
    seen(monkeypatch, DrilledBad("2 files missing", archive="a", what="2 files missing"))
    bad = _certificate(node)
    seen(monkeypatch, errors.RepositoryMissing("away", repository="r"))
    not_run = _certificate(node)
    with pytest.raises(NoSuchDrill):
        certificate.of_drill(node, 1)
    node.close()

    assert "itcertifiesnothing" in bad
    assert "2filesmissing" in bad
    assert "SRB-401" in not_run
    assert "foundright" not in bad + not_run
