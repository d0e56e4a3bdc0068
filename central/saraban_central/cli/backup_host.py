"""Commands about the nodes' backups that this centre keeps."""

import os
import pwd
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from saraban_central.backup_host import compaction, host, looking, recovery, ssh_keys
from saraban_central.backup_host.errors import BadHostPlace, BadSshKey
from saraban_central.backup_host.findings import Finding
from saraban_central.backup_host.host import Host
from saraban_central.backup_host.looking import Seen
from saraban_central.backup_host.records import LOOKED, HostPlace, Looked
from saraban_central.backup_host.recovery import Plan
from saraban_central.centre import Centre
from saraban_central.cli.common import actor, folder_option, json_option, opened, say

_SSHD = Path("/etc/ssh")


@click.group("backup-host")
def backup_host() -> None:
    """Keep the nodes' backups: append-only, one place for each (รับฝากข้อมูลสำรองของเครื่อง)."""


@backup_host.command()
@folder_option
@json_option
@click.option("--host", "place", type=click.Path(path_type=Path), required=True,
              help="Folder of the nodes' repositories.")  # fmt: skip
@click.option("--address", required=True, help="USER@MACHINE[:PORT] as nodes reach sshd here.")
@click.option("--quota-gb", default=20, show_default=True, help="How much one node may store.")
def init(folder: Path, as_json: bool, *, place: Path, address: str, quota_gb: int) -> None:
    """Set up the place, or change what nodes are told of it (ตั้งที่เก็บ)."""
    user, _, machine = address.partition("@")
    name, port = _port(machine)
    wanted = HostPlace(
        folder=str(place.absolute()), user=user, address=name, port=port, quota_gb=quota_gb
    )
    with opened(folder) as centre:
        made = host.set_up(centre, wanted)
    owner = _give(made, user)
    text = (
        f"{made.folder}\nให้ sshd อ่าน · let sshd read: {made.authorized_keys}\nผู้ใช้ · user: {owner}"
    )
    result = {"folder": str(made.folder), "authorized_keys": str(made.authorized_keys)}
    say(result, as_json=as_json, text=text)


@backup_host.command()
@folder_option
@json_option
@click.option("--replace", is_flag=True, help="Take this key in the place of another one.")
@click.option("--host-keys", type=click.Path(path_type=Path), default=_SSHD, show_default=True,
              help="Folder with sshd's own public keys.")  # fmt: skip
@click.argument("node")
@click.argument("pubkey")
def add(
    folder: Path, as_json: bool, *, replace: bool, host_keys: Path, node: str, pubkey: str
) -> None:
    """Let NODE keep its backups here; PUBKEY is its ssh key, or a file (เพิ่มเครื่อง)."""
    file = Path(pubkey)
    text = pubkey if " " in pubkey else _read(file, node)
    with opened(folder) as centre:
        host.add(centre, node, text, by=actor(), replace=replace)
        place = host.host_of(centre)
    known = ssh_keys.known_hosts(
        place.place.address, place.place.port, ssh_keys.host_keys(host_keys)
    )
    result = {"node": node, "url": place.url(node), "known_hosts": known}
    text = (
        f"{node}: node.toml\n\n{host.settings_of_node(place, node)}\n"
        f"{node}: keys/backup-known-hosts\n\n{known}"
    )
    say(result, as_json=as_json, text=text)


@backup_host.command()
@folder_option
@json_option
@click.argument("node")
def remove(folder: Path, as_json: bool, node: str) -> None:
    """Let NODE in no more; its backups stay (ถอนสิทธิ์เครื่อง)."""
    with opened(folder) as centre:
        host.remove(centre, node)
        kept = host.host_of(centre).repository(node)
    text = f"{node}: ถอนสิทธิ์แล้ว ชุดสำรองยังอยู่ที่ · removed; its backups stay in {kept}"
    say({"node": node, "repository": str(kept)}, as_json=as_json, text=text)


@backup_host.command("list")
@folder_option
@json_option
def list_hosted(folder: Path, as_json: bool) -> None:
    """List the nodes that keep backups here, as last looked at (รายการเครื่อง)."""
    with opened(folder) as centre:
        place = host.host_of(centre)
        looked = {kept.key: kept.value for kept in centre.store.records(LOOKED)}
        found = [
            _row(one.node, place.url(one.node), looked.get(one.node)) for one in host.every(centre)
        ]
    lines = [
        f"{one['node']}  {one['backups']} ชุด · backups  {one['newest_at'] or '—'}  "
        f"{one['bytes'] // 2**20} MiB  {', '.join(one['problems']) or '✓'}"
        for one in found
    ]
    say({"nodes": found}, as_json=as_json, text="\n".join(lines) or "—")


@backup_host.command()
@folder_option
@json_option
@click.option("--deep", is_flag=True, help="Read every byte and compare checksums too.")
@click.argument("nodes", nargs=-1)
def check(folder: Path, as_json: bool, *, deep: bool, nodes: tuple[str, ...]) -> None:
    """Look whether all backups are still there; exit code 1 when not (ตรวจชุดสำรอง)."""
    with opened(folder) as centre:
        names = nodes or tuple(one.node for one in host.every(centre))
        seen = [looking.check(centre, name, deep=deep) for name in names]
        host.write_authorized_keys(centre)  # a node that was revoked meanwhile is let in no more
    lines = [line for one in seen for line in _seen_lines(one)]
    result = {"nodes": [_seen(one) for one in seen]}
    say(result, as_json=as_json, text="\n".join(lines) or "—")
    if any(one.grave for one in seen):
        raise SystemExit(1)


@backup_host.command()
@folder_option
@json_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say whether it would be done.")
@click.argument("node")
def compact(folder: Path, as_json: bool, *, yes: bool, dry_run: bool, node: str) -> None:
    """Make NODE's deletions final and free their room, if safe (ย่อที่เก็บ)."""
    with opened(folder) as centre:
        if dry_run:
            _dry_run(centre, node, as_json=as_json)
            return
        if not yes:
            click.confirm(
                f"สิ่งที่ {node} ลบไปจะกู้กลับไม่ได้อีก ดำเนินการหรือไม่? · "
                f"What {node} deleted can never be brought back. Go on?",
                abort=True, err=True,
            )  # fmt: skip
        done = compaction.compact(centre, node, by=actor())
    freed = done.bytes_before - done.bytes_after
    result = {"node": node, "freed": freed, "bytes": done.bytes_after, "deleted": done.deleted}
    say(result, as_json=as_json, text=f"{node}: {freed // 2**20} MiB คืนแล้ว · freed")


@backup_host.command()
@folder_option
@json_option
@click.option("--to", type=int, help="Go back to this transaction, not the last before the harm.")
@click.option("--key", help="Put this copy of the settings back: the moment in its name.")
@click.option("--yes", is_flag=True, help="Do it; without this only the plan is shown.")
@click.argument("node")
def recover(
    folder: Path, as_json: bool, *, to: int | None, key: str | None, yes: bool, node: str
) -> None:
    """Take back what NODE deleted or overwrote (ย้อนสิ่งที่เครื่องลบ)."""
    with opened(folder) as centre:
        wanted = recovery.plan(centre, node, to=to, key=key)
        if not yes:
            text = "\n".join([*_plan_lines(wanted), "เพิ่ม --yes เพื่อดำเนินการ · add --yes to do it"])
            say(_plan(wanted), as_json=as_json, text=text)
            return
        done = recovery.recover(centre, node, to=to, key=key)
    result = {**_plan(done.plan), "aside": str(done.aside), "backups": list(done.backups)}
    lines = [
        *_plan_lines(done.plan),
        f"ชุดที่มีอยู่ · backups there now: {', '.join(done.backups) or '—'}",
        f"สิ่งที่ย้ายออกอยู่ที่ · what was moved out lies in {done.aside}",
        "ถ้าเครื่องเดิมยังใช้อยู่ ต้องให้รู้จักที่เก็บใหม่ · if the node itself goes on, it has to learn "
        "its repository anew: docs/how-to/keep-the-nodes-backups.md",
    ]
    say(result, as_json=as_json, text="\n".join(lines))


@backup_host.command()
@folder_option
@json_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("node")
def accept(folder: Path, as_json: bool, *, yes: bool, node: str) -> None:
    """Take NODE's repository as it is: what is gone is given up (ยอมรับว่าหายแล้ว)."""
    with opened(folder) as centre:
        if not yes:
            click.confirm(
                f"ชุดสำรองของ {node} ที่หายไปจะไม่ถูกถามหาอีก ยอมรับหรือไม่? · "
                f"Backups of {node} that are gone will not be asked for any more. Accept it?",
                abort=True, err=True,
            )  # fmt: skip
        lost = looking.accept(centre, node, by=actor())
    text = f"{node}: {len(lost)} ชุดถือว่าหายแล้ว · backups are given up: {', '.join(lost) or '—'}"
    say({"node": node, "given_up": list(lost)}, as_json=as_json, text=text)


def _port(machine: str) -> tuple[str, int]:
    name, colon, port = machine.partition(":")
    if colon and not port.isdecimal():
        raise BadHostPlace(machine, text=machine)
    return name, int(port or 22)


def _read(file: Path, node: str) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError as wrong:
        raise BadSshKey(str(wrong), node=node, why=wrong.strerror) from wrong


def _give(made: Host, user: str) -> str:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return f"{user} ✗ ยังไม่มี · does not exist yet: useradd --system --create-home {user}"
    if os.geteuid() == 0:
        host.give_to_user(made, entry.pw_uid, entry.pw_gid)
    return f"{user} ✓"


def _row(node: str, url: str, looked: Looked | None) -> dict[str, Any]:
    one = looked or Looked(at="")
    return {
        "node": node, "url": url, "looked_at": one.at, "backups": one.backups,
        "newest_at": one.newest_at, "bytes": one.bytes, "problems": list(one.problems),
        "compacted_at": one.compacted_at,
    }  # fmt: skip


def _dry_run(centre: Centre, node: str, *, as_json: bool) -> None:
    seen = looking.check(centre, node)
    standing = compaction.in_the_way(centre, seen)
    result = {"node": node, "would": not standing, "in_the_way": _findings(standing)}
    lines = _sentences(standing) or [f"{node}: ✓ ย่อได้ · can be compacted"]
    say(result, as_json=as_json, text="\n".join(lines))
    if standing:
        raise SystemExit(1)


def _seen(one: Seen) -> dict[str, Any]:
    return {
        "node": one.node,
        "good": not one.grave,
        "backups": [kept.name for kept in one.judgement.here],
        "transaction": one.history.last,
        "bytes": one.history.size,
        "findings": _findings(one.findings),
    }


def _seen_lines(one: Seen) -> list[str]:
    mark = "✗" if one.grave else "✓"
    here = len(one.judgement.here)
    head = f"{mark} {one.node}: {here} ชุด · backups, {one.history.size // 2**20} MiB"
    lines = [head, *(f"  {text}" for text in _sentences(one.findings))]
    if one.grave:
        lines.append(f"  → saraban-central backup-host recover {one.node}")
    return lines


def _findings(found: Iterable[Finding]) -> list[dict[str, str]]:
    return [{"name": one.name, "what": one.what, "says": one.sentence()} for one in found]


def _sentences(found: Iterable[Finding]) -> list[str]:
    return [text for one in found for text in (one.sentence("th"), one.sentence())]


def _plan(wanted: Plan) -> dict[str, Any]:
    return {
        "node": wanted.node, "to": wanted.to, "to_at": wanted.to_at, "undone": wanted.undone,
        "come_back": list(wanted.come_back), "go": list(wanted.go),
        "key": wanted.key.kept_at if wanted.key else "",
    }  # fmt: skip


def _plan_lines(wanted: Plan) -> list[str]:
    return [
        f"{wanted.node}: ย้อนไปครั้งที่ · back to transaction {wanted.to} ({wanted.to_at or '—'}), "
        f"ยกเลิก · taken back: {wanted.undone}",
        f"ชุดที่กลับมา · come back: {', '.join(wanted.come_back) or '—'}",
        f"ชุดที่ทำหลังจากนั้นจะถูกย้ายออก · made later, moved aside: {', '.join(wanted.go) or '—'}",
    ]
