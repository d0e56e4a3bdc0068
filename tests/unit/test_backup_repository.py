"""The wrapper around borg says the truth where borgapi does not. Real borg, real repositories."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from saraban_base.backup import borg_session, errors
from saraban_base.backup.child_life import Failed
from saraban_base.backup.repository import Repository

PLAIN: Final = "just a passphrase"
# Each piece is mangled by one of borgapi's ways to set it: comment, blank, quotes, variable.
NASTY: Final = "  \"a\" #b ${HOME} 'c' \\n ไทย "


def _borg(repository: Path, passphrase: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Ask borg itself, as a technician would."""
    environment = os.environ | {
        "BORG_PASSPHRASE": passphrase,
        "BORG_BASE_DIR": str(home),
        "BORG_EXIT_CODES": "modern",
    }
    return subprocess.run(
        [sys.executable, "-m", "borg", "list", "--short", str(repository)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _names(repository: Repository, home: Path) -> list[str]:
    """Ask borg itself which archives there are."""
    return _borg(repository.path, PLAIN, home).stdout.split()


def _repository(folder: Path, passphrase: str = PLAIN) -> Repository:
    (folder / "passphrase").write_text(passphrase + "\n", encoding="utf-8")
    return Repository(
        path=folder / "ที่เก็บ repo", passphrase_file=folder / "passphrase", base_dir=folder / "borg"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with one archive, ``a-1``; copy it before doing it harm."""
    folder = tmp_path_factory.mktemp("made")
    source = folder / "source" / "files"
    source.mkdir(parents=True)
    for number in range(3):
        (source / f"paper{number}").write_bytes(os.urandom(50_000))
    repository = _repository(folder)
    repository.ensure_created()
    repository.create("a-1", source=folder / "source", paths=("files",), comment="entries=3 ผล")
    return repository


@pytest.fixture
def copied(made: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(made.path, tmp_path / "repo")
    return replace(made, path=tmp_path / "repo", base_dir=tmp_path / "borg")


def _damage(repository: Path) -> None:
    """Flip one bit in the middle of the largest segment, where the data is."""
    segment = max(
        (repository / "data").rglob("[0-9]*"), key=lambda p: p.is_file() and p.stat().st_size
    )
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0x01
    segment.write_bytes(data)


def test_a_passphrase_is_used_letter_by_letter_whatever_stands_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the person who runs the node uses borg for herself."""
    monkeypatch.setenv("BORG_PASSPHRASE", "another")
    monkeypatch.setenv("BORG_PASSCOMMAND", "echo another")
    monkeypatch.setenv("BORG_REPO", "/nowhere")
    repository = _repository(tmp_path, NASTY)

    repository.ensure_created()

    assert _borg(repository.path, NASTY, tmp_path / "one").returncode == 0
    for wrong in ("", NASTY.strip()):
        assert _borg(repository.path, wrong, tmp_path / "two").returncode == 52


def test_what_was_put_in_is_listed_and_comes_back_as_it_was(
    made: Repository, tmp_path: Path
) -> None:
    listed = made.archives()
    items = made.extract("a-1", tmp_path)

    assert [(one.name, one.comment) for one in listed] == [("a-1", "entries=3 ผล")]
    assert {item.path for item in items} == {f"files/paper{number}" for number in range(3)}
    for item in items:
        source = made.path.parent / "source" / item.path
        assert (tmp_path / item.path).read_bytes() == source.read_bytes()


def test_a_sound_repository_passes_its_check(made: Repository) -> None:
    made.check(verify_data=True)

    assert made.bytes_stored() > 100_000


def test_a_damaged_repository_is_noticed_by_check_and_by_a_restore(
    copied: Repository, tmp_path: Path
) -> None:
    """Called in the usual way, borgapi's check answers None to this, as to a sound one."""
    _damage(copied.path)

    with pytest.raises(errors.RepositoryDamaged):
        copied.check()
    (tmp_path / "out").mkdir()
    with pytest.raises(errors.RepositoryDamaged):
        copied.extract("a-1", tmp_path / "out")


def test_a_missing_source_is_an_error_and_leaves_no_archive(
    copied: Repository, tmp_path: Path
) -> None:
    """borgapi would say nothing, and keep an archive without it."""
    (tmp_path / "here").mkdir()

    with pytest.raises(errors.SourceMissing, match="there"):
        copied.create("a-2", source=tmp_path, paths=("here", "there"))

    assert _names(copied, tmp_path / "home") == ["a-1"]


def test_a_source_that_cannot_be_read_is_an_error_and_leaves_no_archive(
    copied: Repository, tmp_path: Path
) -> None:
    """A process's own memory is a file that is there and answers every read with an error."""
    with pytest.raises(errors.BackupProblem):
        copied.create("a-2", source=Path("/proc/self"), paths=("mem",))

    assert _names(copied, tmp_path / "home") == ["a-1"]


def test_a_wrong_passphrase_says_so_and_names_the_file(copied: Repository, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("just a passphrasE\n")

    with pytest.raises(errors.WrongPassphrase) as caught:
        replace(copied, passphrase_file=tmp_path / "wrong").archives()

    assert str(tmp_path / "wrong") in caught.value.sentence("th")


@pytest.mark.parametrize("content", [None, "", "\n", "two\nlines\n"])
def test_without_a_passphrase_nothing_is_made(tmp_path: Path, content: str | None) -> None:
    """borgapi would take it for an empty passphrase, and "encrypt" with that."""
    repository = _repository(tmp_path)
    repository.passphrase_file.unlink()
    if content is not None:
        repository.passphrase_file.write_text(content)

    with pytest.raises(errors.PassphraseMissing):
        repository.ensure_created()

    assert not repository.path.exists()


def test_a_known_repository_that_is_gone_is_not_made_anew(copied: Repository) -> None:
    """The stick is not plugged in; a new repository would grow on the wrong disk."""
    copied.create("a-2", source=copied.path, paths=("config",))
    copied.path.rename(copied.path.with_name("elsewhere"))

    with pytest.raises(errors.RepositoryMissing):
        copied.ensure_created()

    assert not copied.path.exists()


def test_another_repository_in_the_place_of_ours_is_refused(tmp_path: Path) -> None:
    ours = _repository(tmp_path)
    ours.ensure_created()
    text = (ours.path / "config").read_text()
    (ours.path / "config").write_text(text.replace(ours.identity(), "f" * 64))

    with pytest.raises(errors.RepositoryReplaced):
        ours.ensure_created()


def test_our_repository_is_known_again_in_another_folder(copied: Repository) -> None:
    """The disk was mounted elsewhere, and the settings say so."""
    copied.archives()
    copied.create("a-2", source=copied.path, paths=("config",))
    moved = replace(copied, path=copied.path.with_name("elsewhere"))
    copied.path.rename(moved.path)

    moved.ensure_created()

    assert [one.name for one in moved.archives()] == ["a-1", "a-2"]


def test_the_folder_above_a_new_repository_must_be_there(tmp_path: Path) -> None:
    repository = replace(_repository(tmp_path), path=tmp_path / "stick" / "repo")

    with pytest.raises(errors.RepositoryMissing):
        repository.ensure_created()

    assert not (tmp_path / "stick").exists()


@pytest.mark.parametrize("name", ["{now}", "a::b"])
def test_a_place_that_borg_would_read_as_something_else_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(errors.RepositoryUnusable):
        replace(_repository(tmp_path), path=tmp_path / name).ensure_created()

    assert list(tmp_path.glob("*a*::*")) == []


@pytest.mark.parametrize("name", ["--help", "a::b", "../a", "{now}", "A"])
def test_an_archives_name_is_never_an_option_or_a_place(made: Repository, name: str) -> None:
    with pytest.raises(errors.BackupProblem):
        made.extract(name, made.base_dir)


def test_an_option_that_borg_refuses_ends_in_an_answer(made: Repository) -> None:
    """borgapi lets borg end the whole process here."""
    with pytest.raises(errors.RepositoryUnusable, match="refused"):
        made.create("a-3", source=made.base_dir, paths=("host-id",), chunker="nonsense")


def test_an_archive_that_is_there_already_is_left_alone(made: Repository, tmp_path: Path) -> None:
    with pytest.raises(errors.BackupProblem, match="already exists"):
        made.create("a-1", source=made.base_dir, paths=("host-id",))

    assert _names(made, tmp_path / "home") == ["a-1"]


@pytest.mark.parametrize("patience", [0.05, 0.2, 0.4, 0.6])
def test_a_backup_that_takes_too_long_is_stopped_and_the_next_one_works(
    copied: Repository, tmp_path: Path, patience: float
) -> None:
    (tmp_path / "large").write_bytes(os.urandom(60_000_000))

    with pytest.raises(errors.BackupTimedOut):
        replace(copied, patience=patience).create("a-2", source=tmp_path, paths=("large",))

    assert _names(copied, tmp_path / "home") == ["a-1"]


@pytest.mark.parametrize("version", ["1.2.4", "1.4.4", "1.4.4.dev1", "0.30", ""])
def test_an_old_borg_is_refused(version: str) -> None:
    with pytest.raises(Failed, match="borg"):
        borg_session.refuse_old(version)


@pytest.mark.parametrize("version", ["1.4.5", "1.4.10", "1.4.5.dev3+g1", "2.0.0"])
def test_a_borg_without_known_holes_is_taken(version: str) -> None:
    borg_session.refuse_old(version)


@pytest.mark.parametrize("version", ["1.2.4", None])
def test_an_old_or_missing_borg_on_this_machine_is_said_in_a_sentence(
    made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    (tmp_path / "borg").mkdir()
    text = "raise ImportError" if version is None else f"__version__ = {version!r}"
    (tmp_path / "borg" / "__init__.py").write_text(text)
    (tmp_path / "borg" / "helpers.py").touch()
    (tmp_path / "borgapi.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(errors.BorgTooOld) as caught:
        made.archives()

    assert "scripts/run" in caught.value.sentence("th")
