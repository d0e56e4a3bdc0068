"""The story of the fire drill, and how long each step takes.

build a district ─> letters ─> backup to the centre ─> more letters, of which the centre has some
─> fire ─> the document, word for word ─> letters again ─> every number proved
"""

import getpass
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from saraban_node.backup import halves
from scripts.district.district import SCHOOL, District
from scripts.district.programs import Failed, serving, tell
from scripts.fire_drill import door
from scripts.fire_drill.document import ROOT, Operator

_SAMPLES: Final = ROOT / "scripts" / "sample-letters" / "incoming.csv"
_URL: Final = "ssh://saraban-backup@centre.example:22/srv/saraban-backups/repos/school-1"
_RESTORING: Final = ("restore", "fence", "back to work")


class FireDrill:
    """One drill.

    Args:
        district: where; it is built anew.
        ssh_port: where the centre's sshd answers.
    """

    def __init__(self, district: District, ssh_port: int) -> None:
        self.district = district
        self.folder = district.node_folder(SCHOOL)
        self._port = ssh_port
        self._minutes: dict[str, float] = {}
        self._last = {"incoming": 0, "outgoing": 0}
        self._sheet: tuple[str, str] = ("", "")

    def run(self) -> dict[str, Any]:
        """Do it all and give the figures.

        Raises:
            Failed: a step did not do what it had to.
        """
        with self._step("build"):
            self.district.make_centre()
            host, door_folder = self._keep_backups()
        with (
            door.sshd(door_folder, host / "authorized_keys", self._port),
            serving(self.district.serve_centre()),
        ):
            with self._step("letters and backup"):
                self._work(door_folder)
            tell("The school's machine burns", "เครื่องของโรงเรียนไหม้ทั้งเครื่อง")
            shutil.rmtree(self.folder)
            figures = self._come_back(door_folder)
        restored = round(sum(self._minutes[name] for name in _RESTORING), 2)
        for name, minutes in self._minutes.items():
            tell(f"{minutes:6.2f} minutes: {name}", "นาที")
        return {"minutes": self._minutes, "minutes_after_the_fire": restored, **figures}

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        tell(f"Step: {name}", "ขั้นตอน")
        yield
        self._minutes[name] = round((time.monotonic() - began) / 60, 2)

    def _keep_backups(self) -> tuple[Path, Path]:
        """Let the centre keep the nodes' backups."""
        host, door_folder = self.district.folder / "kept", self.district.folder / "sshd"
        address = f"{getpass.getuser()}@127.0.0.1:{self._port}"
        self.district.central("backup-host", "init", "--host", str(host), "--address", address)
        door_folder.mkdir()
        door.make_key(door_folder / "ssh_host_ed25519_key")
        return host, door_folder

    def _let_in(self, key: Path, door_folder: Path, *more: str) -> dict[str, Any]:
        """The centre's part: take a node's key, and answer with the address and the host's key."""
        return self.district.central(
            "backup-host", "add", SCHOOL.code, str(key), "--host-keys", str(door_folder), *more
        )

    def _work(self, door_folder: Path) -> None:
        district = self.district
        district.enrol(SCHOOL)
        district.grant(SCHOOL)
        district.sync(SCHOOL)
        keys = self.folder / "keys"
        door.make_key(keys / "backup-ssh")
        told = self._let_in(keys / "backup-ssh.pub", door_folder)
        (keys / "backup-known-hosts").write_text(told["known_hosts"], encoding="utf-8")
        with (self.folder / "node.toml").open("a", encoding="utf-8") as settings:
            settings.write(
                f'\n[[backup_places]]\nname = "centre"\nkind = "centre"\nurl = "{told["url"]}"\n'
            )
        answer = district.node(SCHOOL, "import", str(_SAMPLES), good=(0, 1))
        self._last["incoming"] = int(answer["registered"])
        district.sync(SCHOOL)
        district.node(SCHOOL, "backup")
        passphrase = (keys / "backup-passphrase").read_text("utf-8").strip()
        pad = secrets.token_bytes(halves.pad_length(passphrase))
        self._sheet = halves.split(passphrase, "DR1110", pad)  # two officers take it home
        for count in range(3):
            self._register("incoming", f"หลังสำรอง ถึงส่วนกลางแล้ว {count}")
        district.sync(SCHOOL)
        self._register("incoming", "ออกเลขแล้ว ยังไม่ถึงส่วนกลาง")
        self._register("outgoing", "ส่งแล้ว ยังไม่ถึงส่วนกลาง")

    def _register(self, book: str, subject: str) -> int:
        told = self.district.node(SCHOOL, "register", "--register", book, "--subject", subject)
        number = int(told["number"])
        if number <= self._last[book]:
            raise Failed(f"{book} {number} was given twice")
        self._last[book] = number
        return number

    def _come_back(self, door_folder: Path) -> dict[str, Any]:
        new = self.district.folder / "new-machine"
        new.mkdir()
        known_hosts = new / "backup-known-hosts"
        operator = Operator(self.folder, {
            _URL: f"ssh://{getpass.getuser()}@127.0.0.1:{self._port}"
                  f"{self.district.folder / 'kept' / 'repos' / SCHOOL.code}",
            "/root/": f"{new}/",
            "incoming=240": f"incoming={self._last['incoming']}",
            "outgoing=118": f"outgoing={self._last['outgoing']}",
        })  # fmt: skip
        before = dict(self._last)
        with self._step("restore"):
            operator.type("ssh-keygen")
            told = self._let_in(new / "backup-ssh.pub", door_folder, "--replace")
            known_hosts.write_text(told["known_hosts"], encoding="utf-8")
            said = operator.type(
                "scripts/restore", says=f"{self._sheet[0]}\n{self._sheet[1]}\n\ny\n"
            )
        with self._step("fence"):
            operator.type("saraban-node fence status")
            operator.type("saraban-node fence lift")
            operator.type("saraban-node sync")
            operator.type("saraban-node numbers prove")
        with self._step("back to work"):
            first = self._register("incoming", "หลังไฟไหม้")
            self._register("outgoing", "ส่งหลังไฟไหม้")
            operator.type("scripts/backup")
            self.district.sync(SCHOOL)
        with self._step("one letter"):
            operator.type("saraban-node restore-letter")
        return self._figures(said, first, before, operator, new)

    def _figures(
        self, said: str, first: int, before: dict[str, int], operator: Operator, new: Path
    ) -> dict[str, Any]:
        proof = self.district.node(SCHOOL, "numbers", "prove", "--journal")
        audit = self.district.central("audit")
        (issued,) = [
            one["counts"]["issued"]
            for one in proof["series"]
            if one["register"] == "incoming" and one["counts"].get("issued")
        ]
        figures = {
            "came_back_from_centre": "หลังสำรอง ถึงส่วนกลางแล้ว 2" in said,
            "incoming_before_fire": before["incoming"],
            "incoming_first_after": first,
            "incoming_issued": issued,
            "whole": bool(proof["whole"]),
            "centre_clean": bool(audit["clean"]),
            "letter_came_out": (new / "letter" / "proof.json").is_file(),
            "commands_left": operator.left(),
        }
        # Of all letters given before the fire only the one that nobody else had is missing.
        figures["ok"] = bool(
            figures["came_back_from_centre"] and figures["whole"] and figures["centre_clean"]
            and issued == before["incoming"] - 1 + 1 and first > before["incoming"]
            and figures["letter_came_out"] and not operator.left()
        )  # fmt: skip
        return figures
