"""A machine burns and is restored; a data folder is copied: no number is given twice unseen.

The centre, the nodes, the backups, the commands and the clicks are the real ones.
"""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.real_district import RealDistrict
from tests.served_office import Clerk

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
    done = district.node("school-1", "fence", "lift", "--by-hand", *stated, "--json").told

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
