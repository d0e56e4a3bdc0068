"""Settings: a typo stops the start and is called by its name; what is not set has its default."""

from pathlib import Path

import pytest

from saraban_node import appliance, keys
from saraban_node.config import FILE_NAME, NodeConfig, read_config, write_config
from saraban_node.errors import BadSettings, FolderInUse, NoNodeHere
from tests.offices import HandClock, an_office


def write(folder: Path, text: str) -> Path:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sync_evry_seconds = 60", "sync_evry_seconds"),
        ('[sync]\nevery = "60"', "sync"),
        ("port = 70000", "port"),
        ('port = "8001"', "port"),
        ("sync_every_seconds = 0", "sync_every_seconds"),
        ('language = "fr"', "language"),
        ('digits = "roman"', "digits"),
        ('[number_patterns]\norder = "{year}"', "number_patterns"),
        ('[number_patterns]\nincoming = "{number}"', "number_patterns"),
        ('allowed_hosts = "127.0.0.1"', "allowed_hosts"),
        ("port = ", "node.toml"),
        ("port = 1\nport = 2", "node.toml"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    write(tmp_path, text)

    with pytest.raises(BadSettings) as refused:
        read_config(tmp_path)

    for language in ("th", "en"):
        assert named in refused.value.sentence(language)
        assert FILE_NAME in refused.value.sentence(language)


def test_settings_that_are_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadSettings):
        read_config(tmp_path)


def test_what_is_not_set_has_its_default(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, "")) == NodeConfig()
    assert read_config(write(tmp_path, "port = 9\n")) == NodeConfig(port=9)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    settings: dict[str, str | int | list[str]] = {
        "host": "0.0.0.0",  # noqa: S104 - only written down
        "port": 0,
        "allowed_hosts": ["saraban.local", "สารบรรณ.ไทย"],
        "centre_url": 'https://centre.example/"q"\\',
    }

    write_config(tmp_path, settings)

    read = read_config(tmp_path)
    assert (read.host, read.port) == ("0.0.0.0", 0)  # noqa: S104
    assert read.allowed_hosts == ("saraban.local", "สารบรรณ.ไทย")
    assert read.centre_url == 'https://centre.example/"q"\\'


def test_a_wrong_setting_is_not_even_written(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="prot"):
        write_config(tmp_path, {"prot": 8001})

    assert not (tmp_path / FILE_NAME).exists()


def test_a_folder_without_settings_is_no_node(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NoNodeHere) as refused:
            appliance.open_appliance(folder)
        assert str(folder) in refused.value.sentence("th")


def test_a_node_is_made_only_in_an_empty_folder_and_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years", encoding="utf-8")

    with pytest.raises(FolderInUse):
        an_office(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_node_whose_database_is_gone_is_not_made_anew_in_silence(tmp_path: Path) -> None:
    """An empty register in the place of the old one would begin at number 1."""
    folder = tmp_path / "node"
    an_office(folder).close()
    (folder / appliance.DATABASE).unlink()

    with pytest.raises(NoNodeHere):
        appliance.open_appliance(folder)

    assert not (folder / appliance.DATABASE).exists()


@pytest.mark.parametrize("key", ["", "zz" * 32, "ab"])
def test_a_node_whose_signing_key_is_wrong_does_not_start(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "node"
    an_office(folder).close()
    (folder / "keys" / keys.SIGNING).write_text(key, encoding="utf-8")

    with pytest.raises(BadSettings) as refused:
        appliance.open_appliance(folder)

    assert "keys/signing" in refused.value.sentence("th")
    assert "ab" * 2 not in str(refused.value)


def test_secrets_are_for_the_program_alone_and_are_never_overwritten(tmp_path: Path) -> None:
    node = an_office(tmp_path / "node", clock=HandClock())
    secret = node.keys / keys.SIGNING

    assert secret.stat().st_mode & 0o777 == 0o600
    assert node.keys.stat().st_mode & 0o777 == 0o700
    assert node.folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(FileExistsError):
        keys.keep(node.keys, keys.SIGNING, "another")
    assert secret.read_text(encoding="ascii").strip() not in repr(node)
    node.close()
