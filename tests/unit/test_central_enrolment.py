"""A new node is taken in by a code that a person types: once, in time, and by nobody else."""

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from saraban_central import directory, enrolment
from saraban_central.errors import BadCode, BadKey, NodeExists, TooManyTries, UnknownOffice
from saraban_central.gateway.enrolling import Tries
from saraban_central.records import CREDENTIALS, ENROL_CODES, Node
from saraban_central.store.interface import Records
from saraban_sync import grants
from saraban_sync.body import Signed
from saraban_sync.errors import NotAnIdentifier
from saraban_sync.registers import instant
from saraban_sync.signing import SigningKey
from saraban_sync.wire import DIRECTORY
from tests.central_district import District
from tests.served_centre import basic, serving


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path)
    directory.add_office(made.centre, "school-1", name="โรงเรียนบ้านห้วย", prefix="ศธ 04999.01")
    yield made
    made.close()


def _key() -> str:
    return SigningKey.generate().public


def _entries(district: District) -> list[grants.DirectoryEntry]:
    documents = district.centre.store.page(DIRECTORY)
    return [
        grants.read_entry(
            Signed(p=one.payload.decode(), s=one.signature), district.centre.key.public
        )
        for one in documents
    ]


def test_a_code_can_be_typed_and_read_out(district: District) -> None:
    made = enrolment.make_code(district.centre, "school-1")

    groups = made.code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert set("".join(groups)) <= set("23456789abcdefghjkmnpqrstuvwxyz")
    assert not set("01iol") & set(enrolment.ALPHABET)


def test_a_code_is_written_down_nowhere(district: District) -> None:
    made = enrolment.make_code(district.centre, "school-1")

    folder = district.centre.folder
    everything = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    for spelling in (made.code, made.code.replace("-", "")):
        assert spelling.encode() not in everything


def test_a_code_takes_one_node_in_and_the_directory_tells_everybody(district: District) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    key = _key()

    done = enrolment.enrol(district.centre, code=code, key=key, program="0.1.0")

    assert (done.node.node, done.node.office, done.node.epoch) == ("school-1", "school-1", 1)
    assert (done.office_name, done.prefix) == ("โรงเรียนบ้านห้วย", "ศธ 04999.01")
    assert len(base64.urlsafe_b64decode(done.secret + "=")) == 32
    office, node = _entries(district)
    assert (office.kind, office.name, office.version) == ("office", "โรงเรียนบ้านห้วย", 1)
    assert (node.kind, node.code, node.key, node.version) == ("node", "school-1", key, 2)
    assert node.active
    assert node.registry
    assert [info.name for info in district.centre.store.databases()] == [
        "directory", "journal-school-1", "mailbox-school-1",
    ]  # fmt: skip


@pytest.mark.parametrize("between", ["-", " ", "", " - "])
def test_a_code_may_be_typed_in_capitals_and_with_spaces(district: District, between: str) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    typed = f" {code.upper().replace('-', between)}\n"

    assert enrolment.enrol(district.centre, code=typed, key=_key()).node.active


@pytest.mark.parametrize("code", ["", "abcd-abcd-abcd-abcd", "รหัส", "\x00" * 50, "a" * 10_000])
def test_a_wrong_code_takes_nobody_in(district: District, code: str) -> None:
    enrolment.make_code(district.centre, "school-1")

    with pytest.raises(BadCode):
        enrolment.enrol(district.centre, code=code, key=_key())
    assert directory.nodes(district.centre.store) == []


def test_a_code_expires(district: District) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    district.clock.forward(hours=72)

    with pytest.raises(BadCode):
        enrolment.enrol(district.centre, code=code, key=_key())


def test_a_used_code_takes_no_other_node_in(district: District) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    enrolment.enrol(district.centre, code=code, key=_key())

    with pytest.raises(BadCode):
        enrolment.enrol(district.centre, code=code, key=_key())


def test_a_node_that_lost_the_answer_may_ask_again_for_ten_minutes(district: District) -> None:
    code, key = enrolment.make_code(district.centre, "school-1").code, _key()
    lost = enrolment.enrol(district.centre, code=code, key=key)
    district.clock.forward(minutes=9)

    again = enrolment.enrol(district.centre, code=code, key=key)

    assert again.node == lost.node
    assert again.secret != lost.secret
    credential = district.centre.store.record(CREDENTIALS, "school-1")
    assert credential is not None
    assert credential.value.sha256 == enrolment.secret_hash(again.secret)
    assert len(_entries(district)) == 2
    district.clock.forward(minutes=2)
    with pytest.raises(BadCode):
        enrolment.enrol(district.centre, code=code, key=key)


def test_a_node_revoked_meanwhile_gets_no_new_secret(district: District) -> None:
    code, key = enrolment.make_code(district.centre, "school-1").code, _key()
    enrolment.enrol(district.centre, code=code, key=key)
    directory.revoke(district.centre, "school-1")

    with pytest.raises(BadCode):
        enrolment.enrol(district.centre, code=code, key=key)


@pytest.mark.parametrize(
    "key", ["", "abc", "A" * 42, "A" * 44, "!" * 43, "ก" * 43, base64.b64encode(bytes(32)).decode()]
)
def test_what_is_no_key_is_refused_and_the_code_is_not_used_up(
    district: District, key: str
) -> None:
    code = enrolment.make_code(district.centre, "school-1").code

    with pytest.raises(BadKey):
        enrolment.enrol(district.centre, code=code, key=key)
    assert enrolment.enrol(district.centre, code=code, key=_key()).node.active


def test_nobody_enrols_with_a_key_of_somebody_else(district: District) -> None:
    key = _key()
    first = enrolment.make_code(district.centre, "school-1").code
    enrolment.enrol(district.centre, code=first, key=key)
    for taken in (key, district.centre.key.public):
        code = enrolment.make_code(district.centre, "school-1").code
        with pytest.raises(BadKey):
            enrolment.enrol(district.centre, code=code, key=taken)


def test_the_first_node_of_an_office_takes_its_letters_and_the_second_does_not(
    district: District,
) -> None:
    nodes = []
    for _ in range(3):
        made = enrolment.make_code(district.centre, "school-1")
        nodes.append(enrolment.enrol(district.centre, code=made.code, key=_key()).node)

    assert [node.node for node in nodes] == ["school-1", "school-1-2", "school-1-3"]
    assert [node.registry for node in nodes] == [True, False, False]


def test_two_codes_made_before_the_first_was_used_make_one_registry_node(
    district: District,
) -> None:
    codes = [enrolment.make_code(district.centre, "school-1", node=f"n{n}").code for n in (1, 2)]

    nodes = [enrolment.enrol(district.centre, code=code, key=_key()).node for code in codes]

    assert [node.registry for node in nodes] == [True, False]


def test_a_name_that_is_taken_or_no_name_makes_no_code(district: District) -> None:
    code = enrolment.make_code(district.centre, "school-1", node="box").code
    other = enrolment.make_code(district.centre, "school-1", node="box").code
    enrolment.enrol(district.centre, code=code, key=_key())

    with pytest.raises(NodeExists):
        enrolment.make_code(district.centre, "school-1", node="box")
    with pytest.raises(NodeExists):
        enrolment.enrol(district.centre, code=other, key=_key())
    with pytest.raises(NotAnIdentifier):
        enrolment.make_code(district.centre, "school-1", node="../box")
    with pytest.raises(UnknownOffice):
        enrolment.make_code(district.centre, "school-9")


def test_one_code_used_twice_at_the_same_moment_takes_one_node_in(district: District) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    taken: list[str] = []

    def try_it() -> None:
        try:
            taken.append(enrolment.enrol(district.centre, code=code, key=_key()).secret)
        except BadCode:
            return

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 1
    assert len(directory.nodes(district.centre.store)) == 1


def test_a_code_used_between_two_looks_is_a_used_code(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    look = directory.nodes

    def look_late(records: Records) -> list[Node]:
        monkeypatch.setattr(directory, "nodes", look)
        enrolment.enrol(district.centre, code=code, key=_key())
        return look(records)

    monkeypatch.setattr(directory, "nodes", look_late)
    with pytest.raises(BadCode):
        enrolment.enrol(district.centre, code=code, key=_key())


# Over HTTP


@pytest.fixture
def url(district: District) -> Iterator[str]:
    with serving(district.centre) as address:
        yield address


def _ask(url: str, **body: object) -> httpx.Response:
    return httpx.post(f"{url}/api/v1/enrol", json=body)


def test_a_node_is_taken_in_over_http_and_its_secret_opens_the_door(
    district: District, url: str
) -> None:
    code = enrolment.make_code(district.centre, "school-1").code

    answer = _ask(url, code=code, key=_key(), program="0.1.0")

    assert answer.status_code == 201
    told = answer.json()
    assert set(told) == {
        "node", "office", "office_name", "prefix", "secret", "centre_key", "epoch", "generation",
        "time",
    }  # fmt: skip
    assert told["time"] == instant(district.clock.now())
    assert told["centre_key"] == district.centre.key.public
    assert answer.headers["Cache-Control"] == "no-store"
    door = httpx.get(f"{url}/db/", headers=basic(told["node"], told["secret"]))
    assert door.status_code == 200


def test_a_refusal_says_in_both_languages_what_to_do(url: str) -> None:
    answer = _ask(url, code="2222-2222-2222-2222", key=_key())

    assert answer.status_code == 422
    assert answer.json()["code"] == "SRB-220"
    assert "ขอรหัสใหม่" in answer.json()["detail"]
    assert "Ask the administrator" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"code":7,"key":"x"}', b'{"code":' + b"[" * 4000, b"\xff", b"x" * 5000],
    ids=range(7),
)
def test_an_enrolment_that_makes_no_sense_is_refused(url: str, body: bytes) -> None:
    answer = httpx.post(f"{url}/api/v1/enrol", content=body)

    assert answer.status_code in (400, 413)


def test_guessing_codes_is_stopped_and_the_right_one_waits(district: District, url: str) -> None:
    code = enrolment.make_code(district.centre, "school-1").code
    wrong = [_ask(url, code="2222-2222-2222-2222", key=_key()).status_code for _ in range(12)]

    assert wrong == [422] * 10 + [429] * 2
    blocked = _ask(url, code=code, key=_key())
    assert (blocked.status_code, blocked.headers["Retry-After"]) == (429, "900")
    assert "15" in blocked.json()["reason"]

    district.clock.forward(minutes=16)
    assert _ask(url, code=code, key=_key()).status_code == 201


def test_many_addresses_together_are_stopped_too() -> None:
    tries = Tries()
    for number in range(100):
        tries.check(f"10.0.0.{number}", now=0.0)
        tries.failed(f"10.0.0.{number}", now=0.0)

    with pytest.raises(TooManyTries):
        tries.check("10.0.9.9", now=1.0)
    tries.check("10.0.9.9", now=901.0)


def test_a_code_that_was_used_is_kept_as_a_note_of_who_came_when(district: District) -> None:
    code, key = enrolment.make_code(district.centre, "school-1").code, _key()
    enrolment.enrol(district.centre, code=code, key=key)

    (kept,) = district.centre.store.records(ENROL_CODES)
    assert (kept.value.used_key, kept.value.used_at) == (key, district.centre.now())
