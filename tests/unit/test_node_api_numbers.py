"""A program reserves, registers in an emergency, looks numbers up, proves, and lifts the fence."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from saraban_node import meta
from saraban_sync.ids import PersonId
from saraban_sync.number_events import Mark, NumbersSkipped
from saraban_sync.registers import Register, instant
from tests.offices import BOOKS, YEAR, Numbers, a_letter, events_of, grant, register
from tests.unit.test_node_api import log_in, send
from tests.web_office import WebOffice, a_client, a_web_office

WISH = {
    "register": "outgoing", "holder": "ครูวิไล", "purpose": "รายงาน", "expires": "2026-11-29",
}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path, ranges=[Numbers(book, YEAR, 20) for book in BOOKS]) as made:
        yield made


@pytest.fixture
def api(office: WebOffice) -> Iterator[httpx.Client]:
    with a_client(office.address) as client:
        log_in(client, "mali")
        yield client


def reserve(api: httpx.Client, key: str = "wish-0001", **more: Any) -> httpx.Response:
    return api.post("/api/v1/reservations", json={**WISH, **more}, headers={"idempotency-key": key})


def test_a_number_is_kept_finished_and_both_times_are_told(
    office: WebOffice, api: httpx.Client
) -> None:
    first, again = reserve(api), reserve(api)
    assert (first.status_code, again.status_code) == (201, 200)
    kept = first.json()
    assert (kept["number"], kept["state"], kept["holder"]) == (1, "reserved", "ครูวิไล")
    assert again.json() == kept
    assert api.get("/api/v1/reservations").json()["letters"] == [kept]
    office.clock.forward(days=1)
    log_in(api, "mali")

    letter = {"register": "outgoing", "subject": "รายงาน", "reservation": kept["id"]}
    made = send(api, letter, "letter-0001").json()

    assert (made["number"], made["state"]) == (1, "issued")
    assert made["reserved_at"] == "2026-11-22T02:00:00Z"
    assert made["registered_at"] == "2026-11-23T02:00:00Z"
    assert send(api, letter, "letter-0002").json()["code"] == "SRB-333"
    assert api.get("/api/v1/reservations").json()["letters"] == []


def test_a_kept_number_is_cancelled_with_a_reason(api: httpx.Client) -> None:
    kept = reserve(api).json()
    path = f"/api/v1/reservations/{kept['id']}/cancel"

    assert api.post(path, json={"reason": "ไม่ใช้"}).json()["state"] == "void"

    assert api.post(path, json={"reason": "ไม่ใช้"}).json()["code"] == "SRB-333"
    assert reserve(api, "wish-0002", register="incoming").json()["code"] == "SRB-334"
    assert reserve(api, "short").json()["code"] == "SRB-544"


def test_letters_of_an_emergency_get_both_numbers(office: WebOffice, api: httpx.Client) -> None:
    for n in range(20):
        register(office.node, a_letter(n))
    assert api.get("/api/v1/emergency").json()["without_numbers"] == ["incoming"]
    opened = api.post("/api/v1/emergency", json={"cause": "สายขาด"})
    assert (opened.status_code, opened.json()["open"]) == (201, True)

    letter = {"register": "incoming", "subject": "ด่วน", "emergency": True}
    made = send(api, letter, "letter-0001").json()
    assert (made["number"], made["emergency"]) == (0, 1)
    assert api.post("/api/v1/emergency/settle").json() == {"given": 0}
    grant(office.node, Numbers(Register.INCOMING, YEAR, 40, first=21))
    assert api.post("/api/v1/emergency/settle").json() == {"given": 1}

    (line,) = api.get("/api/v1/emergency/letters").json()["letters"]
    assert (line["number"], line["emergency"], line["registered_at"]) == (
        21, 1, made["registered_at"],
    )  # fmt: skip
    assert not api.get("/api/v1/emergency").json()["open"]


def test_a_book_is_listed_with_its_gaps(office: WebOffice, api: httpx.Client) -> None:
    node = office.node
    register(node, a_letter(1))
    with node.db.write() as write:
        skipped = NumbersSkipped(
            register=Register.INCOMING, year=YEAR, first=2, last=5, why="restored", guard=1,
            marks=(Mark(source="paper", number=4),),
        )  # fmt: skip
        node.journal.append(write, skipped, actor=PersonId(office.people["prasert"]))
    register(node, a_letter(2))
    word = {"register": "incoming", "year": YEAR, "first": 2, "last": 3, "text": "พบในสำเนา"}
    assert api.post("/api/v1/gaps/explain", json=word).status_code == 204

    book = api.get("/api/v1/books/incoming", params={"limit": 2}).json()

    assert [(one["number"], one["last"], one["state"]) for one in book["lines"]] == [
        (6, 6, "issued"), (2, 5, "skipped"),
    ]  # fmt: skip
    assert book["lines"][1]["explanations"] == [
        {"first": 2, "last": 3, "text": "พบในสำเนา", "letter": ""}
    ]
    rest = api.get("/api/v1/books/incoming", params={"before": book["before"]}).json()
    assert [one["number"] for one in rest["lines"]] == [1]
    assert api.get("/api/v1/books/nobody").status_code in (400, 404)


def test_a_number_is_looked_up_and_its_life_told(office: WebOffice, api: httpx.Client) -> None:
    entry = register(office.node, a_letter(1))

    found = api.get("/api/v1/numbers", params={"q": "รับที่ ๑"}).json()["candidates"]
    life = api.get(f"/api/v1/numbers/incoming/{YEAR}/1").json()

    assert [(one["register"], one["number"], one["entry"]) for one in found] == [
        ("incoming", 1, entry.id)
    ]
    assert life == api.get(f"/api/v1/letters/{entry.id}/passport").json()
    assert (life["state"], life["grant"]["last"]) == ("issued", 20)
    (step,) = life["steps"]
    assert step["signature_good"]
    assert (step["clock"]["source"], step["clock"]["doubt_s"]) == ("human", 300)
    assert api.get(f"/api/v1/numbers/incoming/{YEAR}/0").status_code == 404
    assert api.get("/api/v1/numbers", params={"q": "x"}).json()["code"] == "SRB-388"


def test_the_proof_is_told_with_and_without_the_journal(
    office: WebOffice, api: httpx.Client
) -> None:
    register(office.node, a_letter(1))

    quick = api.get("/api/v1/proof").json()
    thorough = api.post("/api/v1/proof", params={"year": YEAR}).json()

    assert quick["whole"]
    assert quick["verified"] is None
    assert thorough["verified"] == office.events()
    (incoming,) = [one for one in thorough["series"] if one["register"] == "incoming"]
    assert (incoming["granted"], incoming["counts"]) == (20, {"issued": 1, "unused": 19})
    assert incoming["agrees"]


def test_ranges_are_told_and_asked_for(office: WebOffice, api: httpx.Client) -> None:
    asked = api.post("/api/v1/ranges", json={"register": "order", "year": YEAR, "size": 40})

    assert asked.status_code == 201
    told = {one["register"]: one for one in api.get("/api/v1/ranges").json()["series"]}
    assert (told["incoming"]["next"], told["incoming"]["left"]) == (1, 20)
    assert told["order"]["request"]["size"] == 40
    assert api.get("/api/v1/ranges/request").json()["node"] == office.node.node
    heard = {"register": "order", "year": YEAR, "code": "1"}
    assert api.post("/api/v1/ranges/code", json=heard).json()["code"] == "SRB-320"
    assert api.post("/api/v1/ranges/answer", content=b"{}").status_code == 422


def test_a_clock_is_told_and_confirmed(office: WebOffice, api: httpx.Client) -> None:
    assert api.get("/api/v1/clock").json()["good"]
    office.clock.put(office.clock.moment + timedelta(hours=3))
    log_in(api, "mali")

    told = api.get("/api/v1/clock").json()
    assert (told["refuses"], told["quality"]) == (True, "stepped")
    again = api.post("/api/v1/clock", json={"shown": instant(office.clock.now())}).json()

    assert (again["refuses"], again["source"]) == (False, "human")
    assert len(events_of(office.node, "clock.confirmed")) == 1


def test_the_fence_is_shown_previewed_and_lifted(office: WebOffice, api: httpx.Client) -> None:
    register(office.node, a_letter(1))
    with office.node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    word: dict[str, Any] = {
        "alone": True, "by_hand": True, "guard": 2,
        "paper": [
            {"register": "incoming", "year": YEAR, "number": 3},
            {"register": "outgoing", "year": YEAR, "number": None},
        ],
    }  # fmt: skip

    told = api.get("/api/v1/fence").json()
    preview = api.post("/api/v1/fence/preview", json=word).json()
    lifted = api.post("/api/v1/fence/lift", json=word).json()

    assert (told["why"], told["by_hand"]) == ("restored", True)
    assert [(one["register"], one["next"], one["known"]) for one in told["series"]] == [
        ("incoming", 2, 1), ("outgoing", 1, 0),
    ]  # fmt: skip
    assert [(one["first"], one["last"], one["guard"]) for one in preview["skipped"]] == [
        (2, 5, 2), (1, 20, 0),
    ]  # fmt: skip
    assert lifted["skipped"] == preview["skipped"]
    assert api.post("/api/v1/fence/lift", json=word).json()["already"]
    assert api.get("/api/v1/fence").json()["why"] == ""
    low = {**word, "paper": [{"register": "incoming", "year": YEAR, "number": -1}]}
    assert api.post("/api/v1/fence/preview", json=low).status_code == 400
    assert api.post("/api/v1/fence/fork", json={"code": "ABCD"}).json()["code"] == "SRB-320"


def test_a_receipt_is_kept_by_programs_too(office: WebOffice, api: httpx.Client) -> None:
    send(api, {"register": "incoming", "subject": "ก"}, "letter-0001")
    reserve(api)

    (name,) = [name for name in api.cookies if name.endswith("-numbers")]
    assert api.cookies[name].partition(".")[2] == f"incoming.{YEAR}.1_outgoing.{YEAR}.1"
    with office.node.db.write() as write:
        write.cursor.execute("DELETE FROM happening")
        write.cursor.execute("DELETE FROM entry")
    assert send(api, {"register": "incoming", "subject": "ข"}, "letter-0002").json()["code"] == (
        "SRB-302"
    )
