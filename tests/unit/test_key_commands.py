"""The commands of the key kit, as an administrator types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saraban_base.backup import errors
from saraban_node.appliance import Appliance
from saraban_node.backup import halves, key_kit, passphrase_change, passphrases
from saraban_node.backup.key_errors import HalfMistyped
from saraban_node.backup.key_kit import Checked, Tried
from saraban_node.cli.key import key
from tests.backup_office import make_school

_GOOD = Checked(sheet="7K3D9Q", known=True, places=(Tried("disk", 2),), absent=())
HOLDERS = ("--first", "นายประเสริฐ ดูแลดี", "--second", "นางมาลี งามตา")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_school(tmp_path / "โรงเรียน").close()
    return tmp_path / "โรงเรียน"


def run(folder: Path, *arguments: str, typed: str = "") -> Result:
    command, *rest = arguments
    return CliRunner().invoke(key, [command, "--folder", str(folder), *rest], input=typed)


def test_a_sheet_is_three_files_that_only_their_owner_may_read(
    folder: Path, tmp_path: Path
) -> None:
    done = run(folder, "print", *HOLDERS, "--to", str(tmp_path / "out"), "--json")

    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    files = [Path(one) for one in said["files"]]
    assert [one.name for one in files] == [
        f"recovery-sheet-{said['sheet']}-{part}.pdf" for part in ("1", "2", "keys")
    ]
    assert all(one.read_bytes().startswith(b"%PDF-") for one in files)
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}


def test_the_list_says_who_holds_which_half_since_when(folder: Path, tmp_path: Path) -> None:
    assert "There is no recovery sheet" in run(folder, "list").stdout
    run(folder, "print", *HOLDERS, "--to", str(tmp_path / "out"))
    old = json.loads(run(folder, "list", "--json").stdout)["sheets"][0]["sheet"]
    lost = run(folder, "lost", old.lower())
    assert lost.exit_code == 0, lost.output
    again = run(folder, "print", *HOLDERS, "--to", str(tmp_path / "out"))
    assert again.exit_code == 0, again.output

    listed = run(folder, "list").stdout.splitlines()

    assert len(listed) == 2
    assert "1: นายประเสริฐ ดูแลดี  2: นางมาลี งามตา  ยังไม่เคยตรวจ" in listed[0]
    assert listed[1].startswith(old)
    assert "lost" in listed[1]


def test_halves_are_asked_for_and_a_slip_is_named(folder: Path) -> None:
    """They are typed, not given as options: no list of processes shows them."""
    done = run(folder, "check", typed="117K3-3D9Q6\nAAAA\n")

    assert isinstance(done.exception, HalfMistyped)
    assert done.exception.facts == {"half": "1", "group": "3"}


def test_a_scanner_that_types_may_send_all_lines_of_a_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = halves.split(passphrases.new(), "7K3D9Q", bytes(32))
    places = ("stick SARABAN saraban", "ssh://saraban@centre.example:22/srv/saraban/" + "x" * 60)
    given: list[str] = []

    def check(_node: Appliance, *typed: str, **_: object) -> Checked:
        given.extend(typed)
        return _GOOD

    monkeypatch.setattr(key_kit, "check", check)

    for other in (second, halves.for_code(second, "school-a", places)):
        done = run(
            folder, "check", typed=f"{halves.for_code(first, 'school-a', places)}\n{other}\n"
        )
        assert done.exit_code == 0, done.output
        assert halves.join(given[-2], given[-1])


def test_a_check_tells_each_place_and_fails_unless_all_open(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def check(_node: Appliance, first: str, second: str, **_: object) -> Checked:
        given.extend([first, second])
        wrong = errors.WrongPassphrase("52", file="x")
        tried = (Tried("disk", 4), Tried("centre", problem=wrong))
        return Checked(sheet="7K3D9Q", known=False, places=tried, absent=("stick",))

    monkeypatch.setattr(key_kit, "check", check)
    for number in (1, 2):
        (tmp_path / str(number)).write_text(f"half {number}\n")

    files = ("--first-file", str(tmp_path / "1"), "--second-file", str(tmp_path / "2"))
    done = run(folder, "check", *files)

    assert given == ["half 1\n", "half 2\n"]
    assert done.exit_code == 1
    for one in ("✓ disk: เปิดได้ มี 4 ชุด", "✗ centre: SRB-402", "– stick", "not a sheet in force"):
        assert one in done.stdout


def test_the_passphrase_is_changed_only_when_that_was_meant(folder: Path) -> None:
    before = passphrases.main_file(folder).read_text()

    refused = run(folder, "change-passphrase", typed="n\n")
    assert refused.exit_code == 1
    assert passphrases.main_file(folder).read_text() == before

    done = run(folder, "change-passphrase", "--yes")
    assert done.exit_code == 0, done.output
    assert "✓ repo" in done.stdout
    assert "saraban-node key print" in done.stdout
    assert passphrases.main_file(folder).read_text() != before


def test_a_place_that_did_not_take_it_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def catch_up(*_: object, **__: object) -> bool:
        raise errors.RepositoryFull("no room", repository="repo")

    monkeypatch.setattr(passphrase_change, "catch_up", catch_up)

    done = run(folder, "change-passphrase", "--yes")

    assert done.exit_code == 3
    assert "✗ repo: SRB-403" in done.stdout
    assert "keeps the old passphrase until its next backup" in done.stdout
