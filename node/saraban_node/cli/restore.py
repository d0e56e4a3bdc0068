"""Commands that bring a node back, and one letter out of an old backup."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from saraban_base.backup import errors
from saraban_base.backup.remote import Remote, is_url
from saraban_base.clock import SystemClock
from saraban_node import keys
from saraban_node.backup import halves, listing, one_letter, replacing
from saraban_node.backup import restore as restoring
from saraban_node.backup.places import places_of
from saraban_node.backup.replacing import Agreed, Plan
from saraban_node.backup.restore import From
from saraban_node.cli import restore_words as words
from saraban_node.cli.common import actor, folder_option, json_option, say
from saraban_node.config import read_config
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register

_SSH_KEY: Final = "backup-ssh"
_KNOWN_HOSTS: Final = "backup-known-hosts"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a private folder is made in it


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _source_options(command: click.decorators.FC) -> click.decorators.FC:
    """Add the options that say where a backup comes from and what opens it."""
    for option in reversed((
        click.option("--repository", help="Folder or ssh:// address of the repository, when the "
                     "node's own settings are gone."),
        click.option("--passphrase-file", type=click.Path(dir_okay=False, path_type=Path),
                     help="File with the passphrase, when the node's own folder is gone."),
        click.option("--halves-file", type=click.Path(dir_okay=False, path_type=Path),
                     help="File with both halves of the recovery sheet, one a line, as typed or as "
                     "their QR codes say."),
        click.option("--ssh-key", type=click.Path(dir_okay=False, path_type=Path),
                     help="Key by which the centre lets this machine in."),
        click.option("--known-hosts", type=click.Path(dir_okay=False, path_type=Path),
                     help="File with the centre's host key."),
        click.option("--break-lock", is_flag=True,
                     help="Read past a lock that a lost machine left."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.command()
@folder_option
@json_option
@_source_options
@click.argument("archive", default="")
@click.option(
    "--to",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    help="Restore beside, into an empty or new folder, and leave all else alone.",
)
@click.option("--list", "only_list", is_flag=True, help="List the backups there are.")
@click.option("--preview", "only_preview", is_flag=True,
              help="Only show what would be lost; change nothing.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--reason", default="", help="Why what is lost is given up; written down.")
def restore(
    folder: Path,
    as_json: bool,
    *,
    archive: str,
    target: Path | None,
    only_list: bool,
    only_preview: bool,
    yes: bool,
    reason: str,
    repository: str | None,
    passphrase_file: Path | None,
    halves_file: Path | None,
    ssh_key: Path | None,
    known_hosts: Path | None,
    break_lock: bool,
) -> None:
    """Bring ARCHIVE (or the latest) back, check it, and put it in the node's place (กู้คืน).

    What is there is moved aside, never deleted. Before that is shown which letters would be lost
    against the folder that is there and against the centre. The node then shows everything and
    gives no number until its fence is lifted.
    """
    remote = (ssh_key, known_hosts)
    quick = yes or target is not None or as_json
    with _source(folder, repository, passphrase_file, halves_file, remote, break_lock) as source:
        if only_list:
            _list(source, as_json=as_json)
            return
        name = archive or _chosen(source, ask=not quick)
        if target is not None:
            done = restoring.restore_to(
                target, name, source=source, clock=SystemClock(), tell=_tell
            )
            say(words.restored(done), as_json=as_json, text=words.restored_text(done))
            return
        _into_place(folder, name, source, as_json=as_json, ask=(only_preview, yes, reason))


def _into_place(
    folder: Path, name: str, source: From, *, as_json: bool, ask: tuple[bool, bool, str]
) -> None:
    only_preview, yes, reason = ask

    def agree(plan: Plan) -> Agreed | None:
        if only_preview:
            say(words.plan(plan), as_json=as_json, text=words.plan_text(plan))
            return None
        _tell(words.plan_text(plan))
        if yes:
            return Agreed(by=actor(), reason=reason)
        click.confirm("กู้คืนลงที่นี่ใช่หรือไม่ · Put it in place?", abort=True, err=True)
        why = reason
        if plan.preview.loses and not why:
            why = click.prompt("เหตุผลที่ยอมให้รายการข้างบนหายไป · Why these are given up", err=True)
        return Agreed(by=actor(), reason=why)

    done = replacing.restore_into_place(
        folder, name, source=source, clock=SystemClock(), agree=agree, tell=_tell
    )
    if done is not None:
        say(words.replaced(done), as_json=as_json, text=words.replaced_text(done))


@click.command("restore-letter")
@folder_option
@json_option
@_source_options
@click.argument("letter")
@click.option("--archive", default=restoring.LATEST, show_default=True, help="The backup's name.")
@click.option("--register", "register_name",
              type=click.Choice([register.value for register in Register]),
              help="The register, when a number stands in several.")  # fmt: skip
@click.option("--year", type=int, help="Buddhist year; the latest that has the number if left out.")
@click.option("--file", "file_name", default="", help="Only the file of this name or SHA-256.")
@click.option("--to", "target", required=True,
              type=click.Path(file_okay=False, path_type=Path),
              help="An empty or new folder for it.")  # fmt: skip
def restore_letter(
    folder: Path,
    as_json: bool,
    *,
    letter: str,
    archive: str,
    register_name: str | None,
    year: int | None,
    file_name: str,
    target: Path,
    repository: str | None,
    passphrase_file: Path | None,
    halves_file: Path | None,
    ssh_key: Path | None,
    known_hosts: Path | None,
    break_lock: bool,
) -> None:
    """Bring one LETTER, by number or event, out of a backup with its files (กู้คืนหนังสือฉบับเดียว).

    The node may go on working; nothing of it is changed.
    """
    wanted = one_letter.Wanted(
        letter=letter,
        register=Register(register_name) if register_name else None,
        year=year,
        file=file_name,
    )
    remote = (ssh_key, known_hosts)
    with _source(folder, repository, passphrase_file, halves_file, remote, break_lock) as source:
        found = one_letter.bring(target, archive, wanted, source=source, tell=_tell)
    say(found.told, as_json=as_json, text=found.text)


@contextlib.contextmanager
def _source(
    folder: Path,
    repository: str | None,
    passphrase_file: Path | None,
    halves_file: Path | None,
    remote: tuple[Path | None, Path | None],
    break_lock: bool,
) -> Iterator[From]:
    """Say where the backup comes from; what is not given is taken from the folder, or asked for."""
    own = folder / "keys" / keys.BACKUP_PASSPHRASE
    if repository is None:
        repository, remote, own = _own_place(folder, remote)
    if passphrase_file is None and halves_file is None and own.is_file():
        passphrase_file = own
    there = _remote(folder, repository, *remote) if repository.startswith("ssh:") else None
    with _passphrase(passphrase_file, halves_file) as file:
        yield From(
            repository=there.path if there else Path(repository),
            passphrase_file=file,
            ignore_lock=break_lock,
            remote=there,
        )


def _own_place(
    folder: Path, remote: tuple[Path | None, Path | None]
) -> tuple[str, tuple[Path | None, Path | None], Path]:
    """Take the first place of the settings that is there; ask when there are no settings."""
    try:
        there = places_of(folder, read_config(folder))
    except SarabanError:
        asked = click.prompt(
            "ที่เก็บข้อมูลสำรอง (โฟลเดอร์ หรือ ssh://…) · Repository (folder, or ssh://…)", err=True
        )
        return str(asked).strip(), remote, folder / "keys" / keys.BACKUP_PASSPHRASE
    place = next((one for one in there if one.present()), there[0])
    repository = place.repository()
    if place.remote is not None:
        remote = (remote[0] or place.remote.key, remote[1] or place.remote.known_hosts)
    return repository.location, remote, repository.passphrase_file


def _remote(folder: Path, url: str, key: Path | None, known_hosts: Path | None) -> Remote:
    if not is_url(url):
        raise errors.RepositoryUnusable(url, repository=url, why="ssh://user@host:port/path")
    own = folder / "keys"
    return Remote(url=url, key=key or own / _SSH_KEY, known_hosts=known_hosts or own / _KNOWN_HOSTS)


@contextlib.contextmanager
def _passphrase(given: Path | None, halves_file: Path | None) -> Iterator[Path]:
    """Give a file with the passphrase; one that was typed is gone afterwards."""
    if given is not None:
        yield given
        return
    typed = _typed(halves_file)
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="saraban-restore-", dir=memory) as scratch:
        file = Path(scratch) / "passphrase"
        file.touch(mode=0o600)
        file.write_text(f"{typed}\n", encoding="utf-8")
        yield file


def _typed(halves_file: Path | None) -> str:
    """Put both halves together; the second may be left empty where the first is all of it."""
    if halves_file is not None:
        try:
            lines = halves_file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as wrong:
            raise errors.PassphraseMissing(str(wrong), file=halves_file) from wrong
        typed = [line.strip() for line in lines if line.strip()]
        if len(typed) != 2:
            raise errors.PassphraseMissing(f"{len(typed)} lines", file=halves_file)
        return halves.join(typed[0], typed[1])
    first = click.prompt(
        "ครึ่งที่ ๑ ของแผ่นกู้คืน หรือรหัสผ่านทั้งหมด · First half of the recovery sheet, or the whole "
        "passphrase", hide_input=True, err=True,
    )  # fmt: skip
    second = click.prompt(
        "ครึ่งที่ ๒ (ว่างไว้ถ้าใส่รหัสผ่านทั้งหมดแล้ว) · Second half (empty after a whole passphrase)",
        default="", show_default=False, hide_input=True, err=True,
    )  # fmt: skip
    return halves.join(first, second) if second.strip() else str(first).strip()


def _list(source: From, *, as_json: bool) -> None:
    found = _backups(source)
    rows = [words.backup(one) for one in found]
    text = "\n".join(words.backup_line(one) for one in found)
    say({"backups": rows}, as_json=as_json, text=text or "ยังไม่มีชุดสำรอง · No backups here")


def _chosen(source: From, *, ask: bool) -> str:
    if not ask:
        return restoring.LATEST
    for one in _backups(source):
        _tell(words.backup_line(one))
    return str(click.prompt("ชุดสำรอง · Backup", default=restoring.LATEST, err=True))


def _backups(source: From) -> tuple[listing.Backup, ...]:
    with tempfile.TemporaryDirectory(prefix="saraban-restore-") as scratch:
        repository = source.opened(Path(scratch) / "borg", _tell)
        return listing.list_backups(repository, ignore_lock=source.ignore_lock)
