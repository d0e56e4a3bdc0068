"""A machine burns and is restored; a data folder is copied: no number is given twice unseen.

The centre, the nodes, the backups, the commands and the clicks are the real ones.
"""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from saraban_node.line import colleagues
from tests.moved_clock import MovedClock
from tests.offices import register
from tests.real_district import RealDistrict
from tests.served_office import Clerk

pytestmark = pytest.mark.slow
Number = tuple[str, int]
"""A book and a number that stands on paper."""


@pytest.fixture
def district(tmp_path: Path) -> RealDistrict:
    return RealDistrict(tmp_path)


def _stamp(clerk: Clerk, book: str, *subjects: str, **more: Any) -> list[Number]:
    """Register letters; gives what is stamped on them."""
    given = []
    for subject in subjects:
        answer = clerk.register(uuid4().hex, register=book, subject=subject, **more)
        assert answer.status_code == 201, answer.text
        given.append((book, int(answer.json()["number"])))
    return given


def _proved(district: RealDistrict, name: str, *, whole: bool = True) -> dict[str, Any]:
    """Prove every number on a node, also by its journal alone; gives its books of this year."""
    good = (0,) if whole else (1,)
    told = district.node(name, "numbers", "prove", "--journal", "--json", good=good).told
    assert told["whole"] is whole
    assert told["verified"] > 0
    assert all(one["agrees_with_journal"] for one in told["series"])
    year = min(one["year"] for one in told["series"])
    return {one["register"]: one for one in told["series"] if one["year"] == year}


def test_yesterdays_backup_is_put_to_work_without_a_line_and_no_number_is_given_twice(
    district: RealDistrict, tmp_path: Path
) -> None:
    paper: list[Number] = []
    with district.served():
        district.add_office("area-1", "สพป. เขต ๑")
        district.add_office("school-1", "โรงเรียนบ้านดอย")
        with district.office("school-1") as school:
            clerk = school.clerk("somsri")
            paper += _stamp(clerk, "incoming", "ก่อนสำรอง ๑", "ก่อนสำรอง ๒", "ก่อนสำรอง ๓")
            paper += _stamp(clerk, "outgoing", "ส่งก่อนสำรอง", offices=["area-1"])
            district.node("school-1", "backup")
            paper += _stamp(clerk, "incoming", "หลังสำรอง ๔", "หลังสำรอง ๕")
            paper += _stamp(clerk, "outgoing", "ส่งหลังสำรอง", offices=["area-1"])
            district.node("school-1", "sync")
    with district.office("school-1") as school:
        paper += _stamp(school.clerk("somsri"), "incoming", "ไม่มีสัญญาณ ๖", "ไม่มีสัญญาณ ๗")
        assert district.node("school-1", "sync", good=(1,)).wrong.startswith("SRB-321")

    _burn(tmp_path / "school-1", rescued=tmp_path / "safe")
    restored = district.node(
        "school-1", "restore", "latest", "--json", "--to", str(tmp_path / "school-1"),
        "--repository", str(tmp_path / "safe" / "repo"),
        "--passphrase-file", str(tmp_path / "safe" / "backup-passphrase"),
    ).told  # fmt: skip

    assert (restored["good"], restored["fenced"]) == (True, "restored")
    with district.office("school-1") as school:
        clerk = school.clerk("somsri")
        _nothing_is_numbered(district, clerk)
        _lift_by_hand(district)
        first = _stamp(clerk, "incoming", "หลังกู้คืน ๑", "หลังกู้คืน ๒")
        first += _stamp(clerk, "outgoing", "ส่งหลังกู้คืน", offices=["area-1"])
        paper += first

    assert first == [("incoming", 28), ("incoming", 29), ("outgoing", 22)]
    assert not [number for number, times in Counter(paper).items() if times > 1]
    with district.served():
        district.exchange("school-1")
        found = ("6", "7", "--text", "สำเนาคู่ฉบับอยู่ในตู้ ๓")
        district.node("school-1", "numbers", "explain", "--register", "incoming", *found)
        district.node("school-1", "sync")
        again = district.node("school-1", "sync", "--json").told
        district.node("area-1", "sync")
    arrived = district.node("area-1", "arrivals", "--json").told["arrivals"]

    assert (again["pushed"], again["refused"], again["waiting_events"]) == (0, 0, 0)
    assert [one["subject"] for one in arrived] == ["ส่งก่อนสำรอง", "ส่งหลังสำรอง", "ส่งหลังกู้คืน"]
    proved = _proved(district, "school-1")
    _the_gap_is_explained(district, proved["incoming"])
    stamped = Counter(book for book, _ in paper)
    # Two letters are known from paper only: their numbers are skipped, and explained.
    assert proved["incoming"]["counts"]["issued"] == stamped["incoming"] - 2
    assert proved["outgoing"]["counts"]["issued"] == stamped["outgoing"]
    assert district.node("school-1", "journal", "verify", "--json").told["chain_ok"]
    assert district.central("numbers", "prove", "--json").told["whole"]
    audit = district.central("audit", "--json").told
    assert (audit["clean"], audit["findings"], audit["unexplained_numbers"]) == (True, 0, 0)


def _burn(folder: Path, *, rescued: Path) -> None:
    """Lose a machine; the backups were on a stick, and their passphrase in a safe."""
    shutil.move(folder / "repo", rescued / "repo")
    shutil.move(folder / "keys" / "backup-passphrase", rescued)
    shutil.rmtree(folder)


def _nothing_is_numbered(district: RealDistrict, clerk: Clerk) -> None:
    """The restored machine shows everything, numbers nothing, and says what to do."""
    refused = clerk.register("form-early", subject="ยังออกเลขไม่ได้")

    assert refused.status_code == 409
    assert refused.json()["code"] == "SRB-302"
    assert "ก่อนสำรอง ๓" in clerk.page("/registers/incoming")
    assert "ฐานข้อมูลนี้กู้คืนมาจากชุดสำรอง ระบบจึงหยุดออกเลข" in clerk.page("/")
    assert "restored from a backup" in clerk.page("/", "en")
    assert "เลขสุดท้ายบนกระดาษ" in clerk.page("/fence")
    assert "last number on paper" in clerk.page("/fence", "en").lower()
    told = district.node("school-1", "fence", good=(1,)).text
    assert "กู้คืนมาจากชุดสำรอง · Restored from a backup" in told


def _lift_by_hand(district: RealDistrict) -> None:
    """Nobody found the second letter sent: the numbers given up for safety must be enough."""
    stated = ("--alone", "--paper", "incoming=7", "--paper", "outgoing=1")
    done = district.node("school-1", "fence", "lift", "--by-hand", "--yes", *stated, "--json").told

    assert done["epoch"] == 2
    skipped = [(one["register"], one["first"], one["last"]) for one in done["skipped"]]
    assert skipped == [("incoming", 4, 27), ("outgoing", 2, 21)]


def _the_gap_is_explained(district: RealDistrict, proved: dict[str, Any]) -> None:
    """It stands in its place with day, person and reason; what was found is written beside it."""
    (gap,) = [one for one in proved["notable"] if one["state"] == "skipped"]
    assert (gap["first"], gap["last"], gap["why"]) == (4, 27, "restored")
    assert gap["who"] not in ("", "system")
    found = [(one["first"], one["last"], one["text"]) for one in gap["explanations"]]
    assert [one[:2] for one in found] == [(4, 4), (5, 5), (6, 7)]
    assert found[0][2].endswith("หลังสำรอง ๔")
    assert found[1][2].endswith("หลังสำรอง ๕")
    where = ("--office", "school-1", "--register", "incoming")
    assert found[2][2] in district.central("numbers", "show", "6/2569", *where).text


def test_a_copied_folder_put_to_work_is_found_at_the_first_contact_and_gets_its_own_name(
    district: RealDistrict, tmp_path: Path
) -> None:
    """Somebody lifts the copy's fence against the truth, so that both really number."""
    with district.served():
        _begin(district)
    shutil.copytree(tmp_path / "school-1", tmp_path / "copy")
    with district.office("school-1") as first, district.office("copy") as second:
        clerk, other = first.clerk("somsri"), second.clerk("somsri")
        originals = _stamp(clerk, "incoming", *(f"เครื่องเดิม {n}" for n in range(3, 26)))
        refused = other.register(uuid4().hex, subject="เครื่องสำเนายังออกเลขไม่ได้")
        notice = other.page("/")
        stated = ("--alone", "--paper", "incoming=2", "--paper", "outgoing=0")
        district.node("copy", "fence", "lift", "--by-hand", "--yes", *stated)
        copies = _stamp(other, "incoming", "เครื่องสำเนา ๑", "เครื่องสำเนา ๒")

    assert refused.json()["code"] == "SRB-302"
    assert "ข้อมูลนี้ถูกสำเนาหรือย้ายมาจากเครื่องอื่น ระบบจึงหยุดออกเลข" in notice
    assert copies == [("incoming", 23), ("incoming", 24)]
    with district.served():
        district.node("copy", "sync")
        found = district.node("school-1", "sync", good=(1,))
        _stopped(district, "school-1", found.wrong, "SRB-371")
        _fork(district, "school-1")
        written = {"school-1": originals, "copy": copies}
        _both_work_on(district, {"school-1": "เครื่องสำเนา ๑", "copy": "เครื่องเดิม 25"}, written)
    assert _the_doubles_are_named(district, written) == [23, 24]


class _Alike(RealDistrict):
    """Two machines of one make, and the disk of one was cloned for the other.

    Nothing on either says which is the copy. There is one such machine here: the disks take turns
    in it, so that program and kernel see the same one; only its clocks tell that it was switched on
    at another time.
    """

    def __init__(self, folder: Path) -> None:
        clocks = {name: MovedClock(folder / f"{name}.clock") for name in ("first", "clone")}
        super().__init__(folder, clocks)
        clocks["clone"].off_until(clocks["clone"].now())

    def clone(self) -> None:
        """Clone the disk."""
        self._folder, self._other = self.folder / "school-1", self.folder / "other-disk"
        shutil.copytree(self._folder, self._other)
        self._inside = "first"

    def place(self, name: str) -> Path:
        """Put the right disk in."""
        if name not in ("first", "clone"):
            return super().place(name)
        if name != self._inside:
            out, into = _content(self._folder), _content(self._other)
            _write_over(self._folder, into)
            _write_over(self._other, out)
            self._inside = name
        return self._folder


def _content(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _write_over(folder: Path, content: dict[Path, bytes]) -> None:
    """Make a folder hold just this; files that stay are the same to the kernel."""
    for old in _content(folder).keys() - content.keys():
        (folder / old).unlink()
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_a_cloned_disk_is_found_at_the_first_contact_and_the_centre_chooses(
    tmp_path: Path,
) -> None:
    district = _Alike(tmp_path)
    with district.served():
        _begin(district)
    district.clone()
    written: dict[str, list[Number]] = {}
    for name, subjects in (("first", ("เดิม ๓", "เดิม ๔")), ("clone", ("โคลน ๓",))):
        with district.office(name) as office:
            written[name] = _stamp(office.clerk("somsri"), "incoming", *subjects)

    assert written["clone"] == written["first"][:1]  # this is what must come to light
    with district.served():
        district.node("first", "sync")
        _stopped(district, "clone", district.node("clone", "sync", good=(1,)).wrong, "SRB-370")
        _stopped(district, "first", district.node("first", "sync", good=(1,)).wrong, "SRB-370")
        code = district.node("first", "machine", "--json").told["machine"]
        assert code == district.node("clone", "machine", "--json").told["machine"]
        with district.office("clone") as office:
            page = office.clerk("somsri").page("/fence")
        assert "ต้องให้ส่วนกลางเลือก" in page
        assert code in page
        assert "รหัสเครื่องเหมือนกัน · same code" in district.central("twins").text
        district.central("twins", "keep", "school-1", code)
        district.node("first", "fence", "lift", "--alone", "--all-unknown", "--yes")
        district.node("clone", "sync", good=(0, 1))
        _fork(district, "clone")
        _both_work_on(district, {"first": "โคลน ๓", "clone": "เดิม ๔"}, written)
    assert _the_doubles_are_named(district, written) == [3]


def _begin(district: RealDistrict) -> None:
    """Two letters that both lives share, known to the centre."""
    district.add_office("school-1", "โรงเรียนบ้านดอย")
    with district.opened("school-1") as school:
        register(school, "ร่วมกัน ๑")
        register(school, "ร่วมกัน ๒")
    district.exchange("school-1", rounds=1)


def _stopped(district: RealDistrict, name: str, said: str, code: str) -> None:
    """The machine says in Thai and English what happened, and numbers nothing more."""
    thai, english = said.strip().splitlines()
    assert thai.startswith(code)
    assert english.startswith(code)
    letter = ("--register", "incoming", "--subject", "หยุดแล้ว")
    assert district.node(name, "register", *letter, good=(1,)).wrong.startswith("SRB-302")


def _fork(district: RealDistrict, name: str) -> None:
    """The administrator reads a code out over the telephone, and it is typed in."""
    waits = district.central("twins", "list").text
    assert "รอตัดสินใจ · waits for a decision" in waits
    code = district.central("twins", "fork-code", "school-1", "--json").told["code"]
    assert district.node(name, "fork", "--code", code, "--json").told["node"] == "school-1-2"
    district.exchange(name)
    assert district.central("twins", "--json").told["twins"] == []


def _both_work_on(
    district: RealDistrict, nodes: dict[str, str], written: dict[str, list[Number]]
) -> None:
    """Each numbers from ranges of its own, and shows all that the other one wrote.

    Args:
        district: where.
        nodes: a subject of the other machine, by the folder of each.
        written: what stands on paper, by the folder of the machine that wrote it.
    """
    district.exchange(*nodes, rounds=1)
    for folder in nodes:
        wanted = ("--register", "incoming", "--subject", f"{folder} ทำงานต่อ")
        number = district.node(folder, "register", *wanted, "--json").told["number"]
        written[folder].append(("incoming", number))
    district.exchange(*nodes)
    for folder, subject in nodes.items():
        with district.opened(folder) as node, node.db.read() as cursor:
            theirs = {line.subject for line in colleagues.select(cursor, "", {})}
        (other,) = nodes.keys() - {folder}
        assert {subject, f"{other} ทำงานต่อ"} <= theirs


def _the_doubles_are_named(district: RealDistrict, written: dict[str, list[Number]]) -> list[int]:
    """No number is on paper twice but those that both proofs and the audit name; gives them."""
    papers = [{number for _, number in numbers} for numbers in written.values()]
    doubles = sorted(papers[0] & papers[1])
    for folder in written:
        problems = _proved(district, folder, whole=False)["incoming"]["problems"]
        assert {one["trouble"] for one in problems} == {"twice"}
        assert [n for one in problems for n in range(one["first"], one["last"] + 1)] == doubles
    (office,) = district.central("numbers", "prove", "--json", good=(1,)).told["offices"]
    audit = district.central("audit", good=(1,)).text
    assert len(office["findings"]) == len(doubles)
    for number, finding in zip(doubles, office["findings"], strict=True):
        assert f"เลขหนังสือรับ {number}/2569 ถูกใช้มากกว่าหนึ่งครั้ง" in finding["thai"]
        assert finding["thai"] in audit
        assert finding["english"] in audit
    return doubles
