"""Setting a centre up and opening it again: a slip stops the start and says what to do."""

import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from saraban_central import directory
from saraban_central.centre import Centre, make_centre, open_centre
from saraban_central.config import CentralConfig, read_config
from saraban_central.errors import (
    AlreadyACentre,
    BadPrefix,
    ConfigProblem,
    KeyProblem,
    NotACentre,
    OfficeExists,
    Raced,
    UnknownNode,
    UnknownOffice,
)
from saraban_sync import grants
from saraban_sync.body import Signed
from saraban_sync.errors import NotAnIdentifier, SarabanError
from saraban_sync.registers import Circulars
from saraban_sync.wire import DIRECTORY
from tests.central_district import District


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "centre"
    make_centre(made, CentralConfig()).close()
    return made


@pytest.fixture
def centre(folder: Path) -> Iterator[Centre]:
    with closing(open_centre(folder)) as opened:
        yield opened


def test_a_centre_stays_the_same_when_it_is_opened_again(folder: Path) -> None:
    with closing(open_centre(folder)) as first, closing(open_centre(folder)) as second:
        assert first.identity == second.identity
        assert first.identity.generation == 1
        assert first.key.public == second.key.public == first.identity.key


def test_only_the_owner_can_read_the_key(folder: Path) -> None:
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keys" / "centre.key").stat().st_mode) == 0o600
    with closing(open_centre(folder)) as centre:
        assert "SigningKey(…)" in repr(centre)


def test_a_folder_that_holds_a_centre_is_not_set_up_again(folder: Path) -> None:
    key = (folder / "keys" / "centre.key").read_bytes()

    with pytest.raises(AlreadyACentre):
        make_centre(folder, CentralConfig())
    (folder / "central.toml").unlink()
    with pytest.raises(AlreadyACentre):
        make_centre(folder, CentralConfig())

    assert (folder / "keys" / "centre.key").read_bytes() == key


def test_a_folder_without_a_centre_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(NotACentre) as wrong:
        open_centre(tmp_path)

    assert "saraban-central init" in wrong.value.sentence("th")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 8470\n", "prot"),
        ("port = 'many'\n", "port"),
        ("port = 70000\n", "port"),
        ("language = 'lao'\n", "language"),
        ("port = \n", "central.toml"),
        ("range_size = 0\n", "range_size"),
    ],
)
def test_a_slip_in_the_settings_stops_the_start_and_is_named(
    folder: Path, text: str, named: str
) -> None:
    (folder / "central.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigProblem) as wrong:
        open_centre(folder)

    assert named in wrong.value.sentence("en")
    assert "central.toml" in wrong.value.sentence("th")


def test_settings_that_are_no_text_stop_the_start(folder: Path) -> None:
    (folder / "central.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigProblem):
        open_centre(folder)


def test_settings_are_written_and_read_back(tmp_path: Path) -> None:
    config = CentralConfig(
        name='เขต "1" \\ ก', port=0, allowed_hosts=("a.example", "b"), secure_cookies=True
    )
    make_centre(tmp_path / "c", config).close()

    assert read_config(tmp_path / "c") == config


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda key: key.unlink(), "not found"),
        (lambda key: key.write_text("xyz"), "unreadable"),
        (lambda key: key.write_text("ab" * 31), "31 bytes"),
        (lambda key: key.write_text("ab" * 32), "another centre"),
        (lambda key: key.chmod(0o640), "600"),
    ],
    ids=["lost", "damaged", "short", "another", "readable"],
)
def test_a_key_that_cannot_be_trusted_stops_the_start(
    folder: Path, spoil: object, problem: str
) -> None:
    assert callable(spoil)
    spoil(folder / "keys" / "centre.key")

    with pytest.raises(KeyProblem) as wrong:
        open_centre(folder)

    assert problem in wrong.value.facts["problem"]


def test_what_races_for_ever_is_given_up(centre: Centre) -> None:
    times = 0

    def attempt() -> None:
        nonlocal times
        times += 1
        raise Raced

    with pytest.raises(Raced):
        centre.decide(attempt)
    assert times == 20


# Offices and the directory


def test_an_office_is_published_with_the_centres_signature(centre: Centre) -> None:
    directory.add_office(centre, "school-1", name="  โรงเรียน\tบ้านห้วย ", prefix="ศธ 04999.01")

    (document,) = centre.store.page(DIRECTORY)
    entry = grants.read_entry(
        Signed(p=document.payload.decode(), s=document.signature), centre.key.public
    )
    assert (document.id, document.sender) == ("0000000001", "centre")
    assert (entry.kind, entry.code, entry.version) == ("office", "school-1", 1)
    assert (entry.name, entry.prefix) == ("โรงเรียน บ้านห้วย", "ศธ 04999.01")
    assert directory.office(centre.store, "school-1").name == "โรงเรียน บ้านห้วย"


def test_a_changed_setting_of_an_office_is_published_once(centre: Centre) -> None:
    directory.add_office(centre, "school-1", name="โรงเรียน", prefix="ศธ")

    for _ in range(2):
        changed = directory.set_circulars(centre, "school-1", Circulars.OWN)
        assert changed.circulars is Circulars.OWN

    entries = [
        grants.read_entry(Signed(p=one.payload.decode(), s=one.signature), centre.key.public)
        for one in centre.store.page(DIRECTORY)
    ]
    assert [entry.circulars for entry in entries] == [Circulars.SHARED, Circulars.OWN]
    with pytest.raises(UnknownOffice):
        directory.set_circulars(centre, "school-9", Circulars.OWN)


@pytest.mark.parametrize(
    ("code", "name", "prefix", "error"),
    [
        ("School", "ก", "ศธ", NotAnIdentifier),
        ("../x", "ก", "ศธ", NotAnIdentifier),
        ("", "ก", "ศธ", NotAnIdentifier),
        ("x" * 41, "ก", "ศธ", NotAnIdentifier),
        ("school-2", "", "ศธ", BadPrefix),
        ("school-2", "\u200b \n", "ศธ", BadPrefix),
        ("school-2", "ก" * 201, "ศธ", BadPrefix),
        ("school-2", "ก", "", BadPrefix),
        ("school-2", "ก", "ศ" * 61, BadPrefix),
        ("school-1", "อื่น", "ศธ", OfficeExists),
    ],
)
def test_an_office_that_cannot_be_is_not_added(
    centre: Centre, code: str, name: str, prefix: str, error: type[SarabanError]
) -> None:
    directory.add_office(centre, "school-1", name="โรงเรียน", prefix="ศธ")

    with pytest.raises(error):
        directory.add_office(centre, code, name=name, prefix=prefix)

    assert [office.code for office in directory.offices(centre.store)] == ["school-1"]
    assert len(centre.store.page(DIRECTORY)) == 1


def test_what_is_not_there_is_named(centre: Centre) -> None:
    with pytest.raises(UnknownOffice, match="school-9"):
        directory.office(centre.store, "school-9")
    with pytest.raises(UnknownNode, match="node-9"):
        directory.revoke(centre, "node-9")


def test_a_revoked_node_is_published_once(tmp_path: Path) -> None:
    district = District(tmp_path)
    school = district.office("school-1", size=0)
    for _ in range(2):
        assert not directory.revoke(district.centre, school.node).active

    entries = [msgspec.json.decode(d.payload) for d in district.centre.store.page(DIRECTORY)]
    assert [entry.get("active", True) for entry in entries] == [True, True, False]
    assert [entry["version"] for entry in entries] == [1, 2, 3]
    assert directory.registry_nodes(directory.nodes(district.centre.store)) == {}
    district.close()
