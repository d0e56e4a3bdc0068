"""The key kit: two officers' halves open the backups of a burnt office, and nothing else does."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from saraban_base.backup import errors
from saraban_base.backup.repository import Repository
from saraban_node import appliance, meta
from saraban_node.appliance import Appliance
from saraban_node.backup import (
    halves,
    key_kit,
    paper_key,
    passphrase_change,
    passphrases,
    places,
    service,
    sheets,
    snapshot,
)
from saraban_node.backup.key_errors import NoPlaceToTry, NoSuchSheet, TwoHoldersNeeded
from saraban_node.backup.key_kit import Printed
from saraban_node.backup.places import Place
from saraban_node.config import write_config
from saraban_node.errors import Fenced
from saraban_sync.ids import PersonId
from tests.backup_office import a_disk, make_school
from tests.recovery_paper import PaperBorg, codes, pages, scanned, words

BOSS = PersonId("p-prasert")
HOLDERS = ("นายประเสริฐ ดูแลดี", "นางมาลี งามตา")


@dataclass
class Kept:
    """A school with backups on a disk and on a stick, and its first sheet."""

    node: Appliance
    stick: Path
    printed: Printed

    @property
    def valid(self) -> list[str]:
        with self.node.db.read() as cursor:
            return [one.sheet for one in sheets.valid(cursor)]

    @property
    def why_ended(self) -> dict[str, str]:
        with self.node.db.read() as cursor:
            return {one.sheet: one.ended_why for one in sheets.every(cursor)}

    def places(self) -> tuple[Place, ...]:
        return places.places_of(self.node.folder, self.node.config)

    def pull_out(self) -> None:
        self.stick.rename(self.stick.with_name("pulled out"))

    def plug_in(self) -> None:
        self.stick.with_name("pulled out").rename(self.stick)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setattr(places, "Repository", PaperBorg)
    (tmp_path / "stick").mkdir()
    make_school(tmp_path / "node").close()
    both = [a_disk(Path("repo")), a_disk(tmp_path / "stick" / "saraban", "stick")]
    write_config(tmp_path / "node", {"backup_places": both})
    node = appliance.open_appliance(tmp_path / "node")
    for place in places.places_of(node.folder, node.config):
        repository = place.repository()
        assert isinstance(repository, PaperBorg)
        repository.make()
    yield Kept(node, tmp_path / "stick", key_kit.print_sheet(node, HOLDERS, actor=BOSS))
    node.close()


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Appliance]:
    node = make_school(tmp_path / "โรงเรียน")
    yield node
    node.close()


def test_each_holder_gets_one_page_that_says_what_to_do_after_a_fire(kept: Kept) -> None:
    for number, paper in enumerate(kept.printed.papers[:2], start=1):
        said = words(paper)
        assert pages(paper) == 1
        for one in (
            f"half{number}of2", "โรงเรียนบ้านดอย", "school-a", kept.printed.sheet, "scripts/restore",
            str(kept.stick / "saraban").replace(" ", ""),
        ):  # fmt: skip
            assert one in said


def test_what_is_typed_from_the_paper_is_what_the_code_says(kept: Kept) -> None:
    first, second = scanned(kept.printed)
    half = first.splitlines()[0].removeprefix(f"{halves.MARK} ")

    for group in half.split("-"):
        assert group in words(kept.printed.papers[0])
    assert "school-a" in first
    assert halves.places_in(second) == (
        f"disk {kept.node.folder / 'repo'}",
        f"disk {kept.stick / 'saraban'}",
    )


def test_both_halves_open_every_repository_and_that_is_written_down(kept: Kept) -> None:
    first, second = scanned(kept.printed)
    assert halves.join(first, second) == passphrases.main_file(kept.node.folder).read_text().strip()

    done = key_kit.check(kept.node, second, first, actor=BOSS)

    assert done.good
    assert done.known
    assert [one.place for one in done.places] == ["disk", "stick"]
    with kept.node.db.read() as cursor:
        (sheet,) = sheets.valid(cursor)
    assert sheet.check_good
    assert sheet.checked_at is not None
    assert sheet.holders == HOLDERS


def test_a_sheet_of_another_passphrase_is_tried_and_does_not_open(kept: Kept) -> None:
    with kept.node.db.read() as cursor:
        before = sheets.every(cursor)
    first, second = halves.split(passphrases.new(), "AAAAAA", secrets.token_bytes(32))

    done = key_kit.check(kept.node, first, second, actor=BOSS)

    assert not done.good
    assert not done.known
    assert {type(one.problem) for one in done.places} == {errors.WrongPassphrase}
    with kept.node.db.read() as cursor:
        assert sheets.every(cursor) == before


def test_nothing_of_what_was_tried_stays_on_the_disk(tmp_path: Path) -> None:
    with passphrases.tried("ลับ", tmp_path) as file:
        assert file.read_text() == "ลับ\n"
        assert file.stat().st_mode & 0o077 == 0

    assert not file.parent.exists()


def test_borg_opens_with_the_sheet_and_takes_a_damaged_repositorys_key_from_it(
    school: Appliance, tmp_path: Path
) -> None:
    (place,) = places.places_of(school.folder, school.config)
    repository = place.repository()
    repository.ensure_created()
    old = key_kit.print_sheet(school, HOLDERS, actor=BOSS)
    exported = codes(old.papers[2])[0]
    lines = paper_key.lines(exported)
    assert "".join(lines[5].split()) in words(old.papers[2])

    identity = exported.split()[1]
    (repository.path / "config").write_text(
        "[repository]\nversion = 1\nsegments_per_dir = 1000\nmax_segment_size = 524288000\n"
        f"append_only = 0\nstorage_quota = 0\nadditional_free_space = 0\nid = {identity}\n"
    )
    (tmp_path / "key").write_text(exported)
    _borg(tmp_path, "key", "import", str(repository.path), str(tmp_path / "key"))
    by_borg = _borg(tmp_path, "key", "export", "--paper", str(repository.path))
    assert lines == by_borg.strip().splitlines()[-len(lines) :]

    passphrase_change.change_passphrase(school, actor=BOSS)
    new = key_kit.print_sheet(school, HOLDERS, actor=BOSS)

    assert not key_kit.check(school, *scanned(old), actor=BOSS).good
    assert key_kit.check(school, *scanned(new), actor=BOSS).good


def _borg(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "borg", *arguments],
        env={
            "BORG_BASE_DIR": str(home / "borg"), "BORG_PASSPHRASE": "", "LC_ALL": "C.UTF-8",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        },
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_stick_that_is_not_there_keeps_the_old_passphrase_until_it_comes(kept: Kept) -> None:
    old_halves = scanned(kept.printed)
    old = passphrases.main_file(kept.node.folder).read_text()
    kept.pull_out()

    changed = passphrase_change.change_passphrase(kept.node, actor=BOSS)

    assert (changed.places, changed.waiting) == (("disk",), ("stick",))
    assert passphrases.main_file(kept.node.folder).read_text() != old
    assert passphrases.before_file(kept.node.folder, "stick").read_text() == old
    assert changed.kept == (kept.printed.sheet,), "its halves open the stick"

    new = key_kit.print_sheet(kept.node, HOLDERS, actor=BOSS)
    assert new.ended == ()
    assert new.kept == (kept.printed.sheet,)
    assert new.missing == ("stick",)
    assert not key_kit.check(kept.node, *old_halves, actor=BOSS).good
    assert key_kit.check(kept.node, *scanned(new), actor=BOSS).good

    kept.plug_in()
    _, stick = kept.places()
    assert stick.repository().passphrase_file.read_text() == old
    assert passphrase_change.catch_up(kept.node, stick, actor=BOSS)

    assert passphrases.waiting(kept.node.folder) == ()
    assert kept.valid == [new.sheet]
    assert kept.why_ended[kept.printed.sheet] == "passphrase"
    assert len(key_kit.check(kept.node, *scanned(new), actor=BOSS).places) == 2


def test_a_machine_restored_from_an_older_backup_learns_from_the_newer_sheet(kept: Kept) -> None:
    """The stick was away when the passphrase was changed, and the restore came from the stick."""
    main = passphrases.main_file(kept.node.folder)
    old = main.read_text()
    passphrase_change.change_passphrase(kept.node, actor=BOSS)
    new = key_kit.print_sheet(kept.node, HOLDERS, actor=BOSS)
    main.write_text(old)

    done = key_kit.check(kept.node, *scanned(new), actor=BOSS)

    assert done.learned == ("disk", "stick")
    for place in kept.places():
        assert place.repository().archives() == ()
        assert passphrase_change.catch_up(kept.node, place, actor=BOSS)
        assert place.repository().passphrase_file == main
        assert place.repository().archives() == ()


def test_a_backup_first_lets_a_stick_that_came_back_take_the_new_passphrase(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.pull_out()
    passphrase_change.change_passphrase(kept.node, actor=BOSS)
    kept.plug_in()
    opened_with = []

    def ensure_created(repository: Repository) -> None:
        opened_with.append(repository.passphrase_file.name)
        raise errors.RepositoryFull("enough for this test", repository=repository.location)

    monkeypatch.setattr(PaperBorg, "ensure_created", ensure_created)
    with pytest.raises(errors.RepositoryFull):
        service.back_up(kept.node)

    assert opened_with == ["backup-passphrase", "backup-passphrase"]
    assert passphrases.waiting(kept.node.folder) == ()


def test_a_change_that_broke_off_is_taken_up_again(kept: Kept) -> None:
    """The machine stopped after borg had the new passphrase, and before that was written down."""
    disk, _ = kept.places()
    before = passphrases.before_file(kept.node.folder, "disk")
    before.write_text("an older one\n")

    assert passphrase_change.catch_up(kept.node, disk, actor=BOSS)

    assert not before.exists()
    assert disk.repository().archives() == ()


def test_a_place_that_takes_no_new_passphrase_is_named_and_can_still_be_opened(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise errors.RepositoryFull("no room", repository="stick")

    with monkeypatch.context() as patched:
        patched.setattr(PaperBorg, "change_passphrase", full)
        changed = passphrase_change.change_passphrase(kept.node, actor=BOSS)

    assert set(changed.waiting) == {"disk", "stick"}
    assert {type(problem) for _, problem in changed.problems} == {errors.RepositoryFull}
    for place in kept.places():
        assert place.repository().archives() == ()
        passphrase_change.catch_up(kept.node, place, actor=BOSS)
        assert place.repository().archives() == ()
    assert passphrases.waiting(kept.node.folder) == ()
    assert kept.valid == []


def test_a_sheet_needs_two_people(school: Appliance) -> None:
    for wrong in (("", "มาลี"), ("มาลี", " มาลี "), ("ก" * 101, "มาลี")):
        with pytest.raises(TwoHoldersNeeded):
            key_kit.print_sheet(school, wrong, actor=BOSS)
    with school.db.read() as cursor:
        assert sheets.every(cursor) == []


def test_a_new_sheet_takes_the_place_of_the_old_one(school: Appliance) -> None:
    old = key_kit.print_sheet(school, HOLDERS, actor=BOSS)
    new = key_kit.print_sheet(school, ("ครูวิไล", "มาลี"), actor=BOSS)

    assert new.ended == (old.sheet,)
    assert new.missing == ("repo",)
    with school.db.read() as cursor:
        assert [(one.sheet, one.ended_why) for one in sheets.every(cursor)] == [
            (new.sheet, ""),
            (old.sheet, "replaced"),
        ]


def test_a_sheet_of_which_a_half_is_lost_does_not_count_any_more(school: Appliance) -> None:
    sheet = key_kit.print_sheet(school, HOLDERS, actor=BOSS).sheet

    key_kit.lost(school, sheet.lower(), actor=BOSS)

    with school.db.read() as cursor:
        assert sheets.valid(cursor) == []
    with pytest.raises(NoSuchSheet):
        key_kit.lost(school, sheet, actor=BOSS)


def test_with_no_repository_at_hand_nothing_is_known_of_a_sheet(school: Appliance) -> None:
    printed = key_kit.print_sheet(school, HOLDERS, actor=BOSS)

    with pytest.raises(NoPlaceToTry):
        key_kit.check(school, *scanned(printed), actor=BOSS)
    with school.db.read() as cursor:
        assert sheets.valid(cursor)[0].checked_at is None


def test_a_fenced_node_prints_no_sheet_and_changes_no_passphrase(school: Appliance) -> None:
    before = passphrases.main_file(school.folder).read_text()
    with school.db.write() as write:
        meta.put(write, meta.FENCED, meta.RESTORED)

    with pytest.raises(Fenced):
        key_kit.print_sheet(school, HOLDERS, actor=BOSS)
    with pytest.raises(Fenced):
        passphrase_change.change_passphrase(school, actor=BOSS)
    assert passphrases.main_file(school.folder).read_text() == before


def test_no_passphrase_old_or_new_is_ever_in_a_backup(school: Appliance, tmp_path: Path) -> None:
    for name in ("backup-passphrase-before-stick", ".backup-passphrase.x1"):
        (school.keys / name).write_text("secret\n")

    snapshot.take(
        school.db, school.folder, tmp_path / "copy", now=school.clock.now(), program="test"
    )

    assert [one.name for one in (tmp_path / "copy" / "keys").iterdir()] == ["signing"]


def test_a_passphrase_of_the_longest_kind_still_fits_on_one_page(school: Appliance) -> None:
    passphrases.main_file(school.folder).write_text("ก" * 40 + "\n")

    printed = key_kit.print_sheet(school, HOLDERS, actor=BOSS)

    assert pages(printed.papers[0]) == pages(printed.papers[1]) == 1
    assert halves.join(*scanned(printed)) == "ก" * 40
