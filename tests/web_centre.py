"""A centre with its web pages, three offices with letters between them, and people who look."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from saraban_base.web.shell import Application
from saraban_central import directory, people
from saraban_central.app import build_app
from saraban_central.centre import Centre
from saraban_central.people import ADMIN, AUDITOR
from saraban_sync.backup_events import BackupFinished
from saraban_sync.events import Event
from tests.central_district import District, Office
from tests.web_office import CHEAP, PASSWORD, Browser, a_client, serving


@dataclass
class WebCentre:
    """A centre, its application, and people with the password of the tests."""

    district: District
    app: Application
    address: str
    people: dict[str, str] = field(default_factory=dict)
    """User name -> person."""
    letters: list[Event] = field(default_factory=list)

    @property
    def centre(self) -> Centre:
        return self.district.centre

    def office(self, code: str) -> Office:
        return self.district.offices[code]

    def show(self) -> None:
        """Let the pages see what the journals have gained."""
        self.centre.readmodel.catch_up(self.centre.store)

    def add(self, username: str, name: str, role: str) -> None:
        """Give a person an account with an own password."""
        with self.centre.database.write() as write:
            account, _ = people.add_person(write, CHEAP, username=username, name=name, role=role)
            write.cursor.execute(
                "UPDATE credential SET hash = ?, one_time = 0, expires_ms = NULL WHERE person = ?",
                (CHEAP.hash(PASSWORD), account.person),
            )
        self.people[username] = account.person


@contextmanager
def a_web_centre(folder: Path) -> Iterator[WebCentre]:
    """Set up an empty centre with an administrator (pornthip) and an auditor (wichai)."""
    district = District(folder)
    try:
        app = build_app(district.centre, passwords=CHEAP)
        with serving(app) as address:
            made = WebCentre(district, app, address)
            made.add("pornthip", "นางสาวพรทิพย์ ใจมั่น", ADMIN)
            made.add("wichai", "นายวิชัย ตรวจการ", AUDITOR)
            yield made
    finally:
        district.close()


def fill(web: WebCentre) -> None:
    """Give the district an area office, two schools and letters in every state."""
    district = web.district
    area = district.office("area", "สำนักงานเขตพื้นที่การศึกษา", size=50)
    doi = district.office("doi", "โรงเรียนบ้านดอย", size=20)
    district.office("pang", "โรงเรียนบ้านปาง", size=20)
    directory.add_office(district.centre, "huai", name="โรงเรียนบ้านห้วย", prefix="ศธ 04123.9")
    first = area.send(1, "doi", "pang", subject="ขอเชิญประชุมผู้บริหาร")
    second = area.send(2, "doi", "huai", subject="แจ้งจัดสรรงบประมาณ")
    doi.receive(first, area)
    doi.book(first, area, 1)
    doi.receive(second, area)
    doi.register(2, subject="สำรวจนักเรียนยากจน", letter_no="ศธ ๐๔๐๐๑/ว ๑๒๓")
    doi.do(
        BackupFinished(archive="a", repository="/media/usb", last_event="", entries=2, good=True)
    )
    web.letters = [first, second]
    web.show()


@contextmanager
def browsing(web: WebCentre, username: str = "") -> Iterator[Browser]:
    """Open a browser at a centre's address, logged in when a user name is given."""
    with a_client(web.address) as client:
        browser = Browser(client)
        yield browser.log_in(username) if username else browser
