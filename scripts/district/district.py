"""A small district on 127.0.0.1: a centre, an area office, a school."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from scripts.district.programs import Failed, Server, run, tell

CENTRE: Final = "saraban_central"
NODE: Final = "saraban_node"
_BANGKOK: Final = timedelta(hours=7)
_RANGE: Final = "5000"
_MARK: Final = "saraban-demonstration"
_NOTES: Final = "first-passwords.json"


@dataclass(frozen=True)
class Office:
    """An office of the demonstration, with invented names."""

    code: str
    name: str
    prefix: str
    clerk: str
    clerk_name: str


AREA: Final = Office(
    "area-1",
    "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาภูดาว เขต 1 (ตัวอย่าง)",
    "ศธ 04990",
    "somying",
    "สมหญิง ใจดี (ตัวอย่าง)",
)
SCHOOL: Final = Office(
    "school-1",
    "โรงเรียนบ้านดอยฟ้า (ตัวอย่าง)",
    "ศธ 04990.12",
    "somchai",
    "สมชาย รักเรียน (ตัวอย่าง)",
)


class District:
    """Where everything of the demonstration lives and how to reach it.

    Args:
        folder: its data folder.
        port: the centre's port; the area office and the school take the next two.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.centre_folder = folder / "centre"

    @property
    def centre_url(self) -> str:
        """The centre's address."""
        return f"http://127.0.0.1:{self.port}"

    def node_folder(self, office: Office) -> Path:
        """Where an office's node lives."""
        return self.folder / office.code

    def node_url(self, office: Office) -> str:
        """The address of an office's page."""
        return f"http://127.0.0.1:{self._node_port(office)}"

    def central(self, *arguments: str, good: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """Run a command of the centre."""
        return run(CENTRE, *arguments, "--folder", str(self.centre_folder), good=good)

    def node(self, office: Office, *arguments: str, good: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """Run a command of an office's node."""
        return run(NODE, *arguments, "--folder", str(self.node_folder(office)), good=good)

    def serve_centre(self) -> Server:
        """Start the centre."""
        folder = self.centre_folder
        return Server(
            "centre", self.centre_url, self.folder / "centre.log",
            CENTRE, "serve", "--folder", str(folder),
        )  # fmt: skip

    def serve_node(self, office: Office) -> Server:
        """Start an office's node."""
        return Server(
            office.code, self.node_url(office), self.folder / f"{office.code}.log",
            NODE, "serve", "--folder", str(self.node_folder(office)),
        )  # fmt: skip

    def clear(self) -> None:
        """Remove what an earlier demonstration left in the folder, and nothing else.

        Raises:
            Failed: the folder holds something that is no demonstration.
        """
        mark = self.folder / _MARK
        if self.folder.exists() and any(self.folder.iterdir()):
            if not mark.is_file():
                raise Failed(
                    f"{self.folder} holds other data and was left alone; choose an empty folder · "
                    f"{self.folder} มีข้อมูลอื่นอยู่ จึงไม่แตะต้อง โปรดเลือกโฟลเดอร์ว่าง"
                )
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        mark.write_text("Sample data of scripts/run; may be deleted.\n", encoding="utf-8")

    def exists(self) -> bool:
        """Tell whether the district was set up before."""
        return (self.folder / _NOTES).is_file()

    def make_centre(self) -> None:
        """Set up the centre with both offices."""
        tell("Setting up the centre", "กำลังตั้งส่วนกลาง")
        self.clear()
        self.central("init", "--port", str(self.port), "--name", "ส่วนกลางสาธิต (ตัวอย่าง)")
        for office in (AREA, SCHOOL):
            self.central(
                "office", "add", office.code, "--name", office.name, "--prefix", office.prefix
            )

    def enrol(self, office: Office) -> None:
        """Make an office's node with a one-time code; the centre must be running."""
        tell(f"Enrolling {office.code}", f"กำลังลงทะเบียนเครื่องของ {office.name}")
        code = self.central("enrol", "--office", office.code)["code"]
        port = str(self._node_port(office))
        self.node(office, "init", "--centre", self.centre_url, "--code", str(code), "--port", port)

    def grant(self, office: Office) -> None:
        """Grant numbers for this year, and from October for the next one too."""
        today = datetime.now(UTC) + _BANGKOK  # noqa: TID251 - a script has no clock of its own
        years = [today.year + 543] + ([today.year + 544] if today.month >= 10 else [])
        for year in years:
            for register in ("incoming", "outgoing"):
                self.central(
                    "grant", "--office", office.code, "--register", register,
                    "--year", str(year), "--size", _RANGE,
                )  # fmt: skip

    def sync(self, office: Office, good: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """Let an office exchange with the centre once."""
        return self.node(office, "sync", good=good)

    def add_people(self) -> list[dict[str, str]]:
        """Make the first accounts and keep their one-time passwords for showing again."""
        people = [
            self._person(self.centre_url, "ส่วนกลาง · centre", self.central(
                "person", "add", "admin", "--name", "ผู้ดูแลส่วนกลาง (ตัวอย่าง)", "--role", "admin"
            )),
        ]  # fmt: skip
        for office in (AREA, SCHOOL):
            people.append(
                self._person(self.node_url(office), office.name, self.node(
                    office, "person", "add", office.clerk, "--name", office.clerk_name,
                    "--role", "clerk", "--role", "administrator",
                ))
            )  # fmt: skip
        (self.folder / _NOTES).write_text(json.dumps(people, ensure_ascii=False), encoding="utf-8")
        (self.folder / _NOTES).chmod(0o600)
        return people

    def first_passwords(self) -> list[dict[str, str]]:
        """Give the accounts made at the beginning."""
        try:
            return list(json.loads((self.folder / _NOTES).read_text(encoding="utf-8")))
        except (OSError, ValueError) as wrong:
            raise Failed(f"{self.folder / _NOTES} cannot be read: {wrong}") from wrong

    def _node_port(self, office: Office) -> int:
        return self.port + (1 if office is AREA else 2)

    @staticmethod
    def _person(url: str, where: str, made: dict[str, Any]) -> dict[str, str]:
        return {
            "url": url,
            "where": where,
            "username": str(made["username"]),
            "password": str(made["password"]),
        }
