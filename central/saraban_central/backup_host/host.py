"""Who may keep backups here, and what sshd is told about it.

    HOST/authorized_keys     one line per node: its key, and the one command it may run
    HOST/repos/NODE/         its repository, made by the node itself with its own key
    HOST/doors/NODE          held while a session of the node runs
    HOST/kept/NODE/          copies of the repository's settings, which a node could overwrite
    HOST/aside/NODE-time/    what a recovery moved out of the way

A node reaches nothing but ``borg serve``, append-only, on its own repository.
"""

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saraban_central import directory
from saraban_central.backup_host import doors
from saraban_central.backup_host.errors import (
    BadHostPlace,
    BadSshKey,
    HostProblem,
    NoHost,
    NotHosted,
    OtherSshKey,
)
from saraban_central.backup_host.records import HOST_PLACE, HOSTED, Hosted, HostPlace
from saraban_central.backup_host.ssh_keys import read_key
from saraban_central.centre import Centre
from saraban_central.store.interface import Put, Remove

BORG: Final = Path(sys.executable).parent / "borg"
"""The locked borg of this installation, never another one from the path."""
_SAFE_FOLDER: Final = re.compile(r"(?=.{2,200}$)(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_SAFE_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_SAFE_ADDRESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_HEAD: Final = "# Written by saraban-central backup-host; changes made by hand are lost.\n"


@dataclass(frozen=True)
class Host:
    """Where this centre keeps the nodes' repositories."""

    place: HostPlace

    @property
    def folder(self) -> Path:
        """The folder of everything."""
        return Path(self.place.folder)

    @property
    def authorized_keys(self) -> Path:
        """The file that sshd reads."""
        return self.folder / "authorized_keys"

    def repository(self, node: str) -> Path:
        """A node's repository."""
        return self.folder / "repos" / node

    def door(self, node: str) -> Path:
        """The file that a node's sessions hold."""
        return self.folder / "doors" / node

    def kept(self, node: str) -> Path:
        """Copies of a repository's settings."""
        return self.folder / "kept" / node

    def url(self, node: str) -> str:
        """What a node calls its repository."""
        place = self.place
        return f"ssh://{place.user}@{place.address}:{place.port}{self.repository(node)}"


def set_up(centre: Centre, place: HostPlace) -> Host:
    """Make the folder, or change what nodes are told about it.

    Raises:
        BadHostPlace: the folder or the address cannot stand in sshd's files.
        HostProblem: the folder cannot be made.
    """
    if not _SAFE_FOLDER.fullmatch(place.folder):
        raise BadHostPlace(place.folder, text=place.folder)
    if not (_SAFE_USER.fullmatch(place.user) and _SAFE_ADDRESS.fullmatch(place.address)):
        raise BadHostPlace(place.address, text=f"{place.user}@{place.address}")
    if not (0 < place.port < 65536 and place.quota_gb > 0):
        raise BadHostPlace(str(place.port), text=f"{place.port}")
    host = Host(place)
    try:
        host.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        for name, mode in (("repos", 0o755), ("doors", 0o755), ("kept", 0o700), ("aside", 0o700)):
            (host.folder / name).mkdir(mode=mode, exist_ok=True)
    except OSError as wrong:
        raise HostProblem(str(wrong), why=wrong.strerror) from wrong

    def attempt() -> None:
        held = centre.store.record(HOST_PLACE, "host")
        centre.store.commit(Put(HOST_PLACE, "host", place, held.revision if held else None))

    centre.decide(attempt)
    write_authorized_keys(centre)
    return host


def host_of(centre: Centre) -> Host:
    """Give the place for the nodes' backups.

    Raises:
        NoHost: there is none.
    """
    held = centre.store.record(HOST_PLACE, "host")
    if held is None:
        raise NoHost("no place")
    return Host(held.value)


def add(centre: Centre, node: str, key: str, *, by: str, replace: bool = False) -> Hosted:
    """Let a node keep its backups here; doing it again with the same key changes nothing.

    Args:
        centre: where.
        node: an enrolled node.
        key: its public key of ssh, one line.
        by: who allows it.
        replace: take this key in the place of another one.

    Raises:
        NoHost: there is no place yet.
        UnknownNode: there is no such node.
        BadSshKey: it is no key, or another node's.
        OtherSshKey: the node has a place with another key.
    """
    host = host_of(centre)
    name = directory.node(centre.store, node).value.node
    try:
        line = read_key(key)
    except ValueError as wrong:
        raise BadSshKey(str(wrong), node=name, why=wrong) from wrong

    def attempt() -> Hosted:
        for kept in centre.store.records(HOSTED):
            if kept.value.ssh_key == line and kept.key != name:
                raise BadSshKey("another node's", node=name, why=f"{kept.key}")
        held = centre.store.record(HOSTED, name)
        if held is not None and held.value.ssh_key == line:
            return held.value
        if held is not None and not replace:
            raise OtherSshKey(name, node=name)
        new = Hosted(node=name, ssh_key=line, at=centre.now(), by=by)
        centre.store.commit(Put(HOSTED, name, new, held.revision if held else None))
        return new

    done = centre.decide(attempt)
    doors.ensure(host.door(name))
    write_authorized_keys(centre)
    return done


def remove(centre: Centre, node: str) -> Hosted:
    """Let a node in no more; its repository stays as it is.

    Raises:
        NotHosted: it has no place here.
    """
    held = hosted(centre, node)
    centre.store.commit(Remove(HOSTED, node))
    write_authorized_keys(centre)
    return held


def hosted(centre: Centre, node: str) -> Hosted:
    """Give what is known of a node that keeps its backups here.

    Raises:
        NotHosted: it does not.
    """
    held = centre.store.record(HOSTED, node)
    if held is None:
        raise NotHosted(node, node=node)
    return held.value


def every(centre: Centre) -> list[Hosted]:
    """List the nodes that may keep backups here."""
    return [kept.value for kept in centre.store.records(HOSTED)]


def write_authorized_keys(centre: Centre) -> None:
    """Write what sshd obeys; a node that was revoked is left out.

    Raises:
        HostProblem: the file cannot be written.
    """
    host = host_of(centre)
    active = {one.node for one in directory.nodes(centre.store) if one.active}
    lines = [line_of(host, one) for one in every(centre) if one.node in active]
    new = host.authorized_keys.with_suffix(".new")
    try:
        new.write_text(_HEAD + "".join(lines), encoding="ascii")
        new.chmod(0o644)  # sshd reads it as the node's user; there is no secret in it
        new.replace(host.authorized_keys)
    except OSError as wrong:
        raise HostProblem(str(wrong), why=wrong.strerror) from wrong


def line_of(host: Host, one: Hosted) -> str:
    """Write a node's line of ``authorized_keys``: the one thing it may do.

    The door is held by ``flock``, which then becomes borg, so that the lock lasts as long as borg.
    """
    words = [
        "flock", "--shared", "--wait", str(doors.PATIENCE), "--no-fork", str(host.door(one.node)),
        str(BORG), "serve", "--append-only",
        "--restrict-to-repository", str(host.repository(one.node)),
        "--storage-quota", f"{host.place.quota_gb}G",
    ]  # fmt: skip
    command = shlex.join(words).replace("\\", "\\\\").replace('"', '\\"')
    return f'command="{command}",restrict {one.ssh_key} {one.node}\n'


def settings_of_node(host: Host, node: str) -> str:
    """Write what a node's ``node.toml`` must say so that its backups come here."""
    return f'[[backup_places]]\nname = "centre"\nkind = "centre"\nurl = "{host.url(node)}"\n'


def give_to_user(host: Host, user: int, group: int) -> None:
    """Let the user as whom nodes log in write where repositories are made."""
    os.chown(host.folder / "repos", user, group)
