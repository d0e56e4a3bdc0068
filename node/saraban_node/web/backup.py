"""สำรองข้อมูล: the last good backup, where, what is at risk now; one button; drills and sheets."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from saraban_base.sqlite import Cursor
from saraban_base.web.needs import PERSON, Needs, role
from saraban_base.web.routes import act, page, serve
from saraban_base.web.visit import Answer, AnyRequest, Visit
from saraban_node.backup import progress, records, sheets, standing
from saraban_node.backup.places import places_of
from saraban_node.backup.progress import Progress
from saraban_node.backup.standing import PlaceState
from saraban_node.people import ADMINISTRATOR, CLERK
from saraban_node.web.office import Office
from saraban_node.web.problems import NoBackupsHere
from saraban_sync.ids import PersonId
from saraban_sync.registers import parse_instant

MAY_BACK_UP: Final[Needs] = role(CLERK, ADMINISTRATOR)
CHECK_SHEET: Final = timedelta(days=90)
"""Once a quarter both halves of the sheet should be tried."""
_DRILLS: Final = 5
REASONS: Final = {
    "SRB-401": "missing", "SRB-402": "passphrase", "SRB-403": "full", "SRB-404": "locked",
    "SRB-405": "damaged", "SRB-406": "borg", "SRB-408": "stopped", "SRB-410": "source",
    "SRB-411": "bad", "SRB-412": "shrunken", "SRB-416": "replaced", "SRB-419": "line",
    "SRB-420": "stranger", "SRB-421": "refused", "SRB-422": "gone",
}  # fmt: skip
"""Why it failed last, in a short sentence: ``backup.why.…``."""
OTHER: Final = "other"


class PlaceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One place for backups."""

    name: str
    kind: str
    where: str
    there: bool | None
    """None for the centre: only a backup tells."""
    good_at: datetime | None
    archive: str
    entries: int
    tried_at: datetime | None
    code: str
    """Why the latest try failed; empty if it did not."""
    failures: int


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backup is."""

    running: bool
    waiting: bool
    """Somebody asked for one that has not begun."""
    share: int
    """Hundredths."""
    step: str
    started_at: datetime | None
    finished_at: datetime | None
    good: bool
    code: str
    problem: str


class BackupState(msgspec.Struct, frozen=True, kw_only=True):
    """How the backups stand."""

    good_at: datetime | None
    since_backup: int
    """Letters registered since the last good backup."""
    at_risk: int
    """Of these, not at the centre either."""
    places: tuple[PlaceSeen, ...]
    progress: Running


class BackupPage:
    """Shows the backups, and starts one."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._node = office.node

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        tags = ["node"]
        return [
            page("/backup", self.show, needs=PERSON),
            act("/backup/now", self.start, needs=MAY_BACK_UP),
            get("/api/v1/backup", needs=PERSON, tags=tags)(self.state),
            post("/api/v1/backup", needs=MAY_BACK_UP, tags=tags, status_code=202)(self.start_it),
            get("/api/v1/backup/progress", needs=PERSON, tags=tags)(self.progress),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show the page."""
        node = self._node
        now = node.clock.now()
        with node.db.read() as cursor:
            states = self._states(cursor)
            found = sheets.every(cursor)
            valid = next((one for one in found if one.ended_at is None), None)
            good = records.last(cursor, good_only=True)
            risk = standing.risk(cursor)
            drills = records.drills(cursor, limit=_DRILLS)
        here = {one.place.name: one.place.path.is_relative_to(node.folder) for one in states}
        labels = {name: visit.voice.text("backup.here") if own else name
                  for name, own in here.items()}  # fmt: skip
        return visit.page(
            "backup.html",
            states=states,
            why={one.place.name: REASONS.get(_code(one), OTHER) for one in states},
            there={one.place.name: one.there() for one in states},
            labels=labels,
            good_at=[labels[one.place.name] for one in states if _holds(one, good)],
            only_here=all(here.values()),
            old=good is None or now - good.at > standing.OLD,
            running=self._running(visit),
            last=progress.read(node.folder),
            times=node.config.backup_times,
            may=bool({CLERK, ADMINISTRATOR} & visit.person.roles) and self._office.backups,
            administrator=ADMINISTRATOR in visit.person.roles,
            sheet=valid,
            sheet_due=valid is not None
            and now - (valid.checked_at or valid.printed_at) > CHECK_SHEET,
            good=good,
            risk=risk,
            drills=drills,
        )

    def start(self, visit: Visit) -> Answer:
        """Begin a backup; the page shows how far it is."""
        self._start(visit)
        return visit.redirect("/backup")

    async def state(self, request: AnyRequest) -> BackupState:
        """Tell how the backups stand."""

        def work(visit: Visit) -> BackupState:
            with self._node.db.read() as cursor:
                states = self._states(cursor)
                risk = standing.risk(cursor)
                good = records.last(cursor, good_only=True)
            return BackupState(
                good_at=good.at if good else None,
                since_backup=risk.since_backup,
                at_risk=risk.nowhere,
                places=tuple(_seen(one) for one in states),
                progress=self._running(visit),
            )

        return await serve(request, work)

    async def start_it(self, request: AnyRequest) -> Running:
        """Begin a backup to every place that is there."""

        def work(visit: Visit) -> Running:
            self._start(visit)
            return self._running(visit)

        return await serve(request, work)

    async def progress(self, request: AnyRequest) -> Running:
        """Tell how far the backup is that runs now, or how the last one ended."""
        return await serve(request, self._running)

    def _start(self, visit: Visit) -> None:
        if self._office.backups is None:
            raise NoBackupsHere("no scheduler")
        self._office.backups.now(PersonId(visit.person.person))

    def _running(self, visit: Visit) -> Running:
        backups = self._office.backups
        return _running(
            progress.read(self._node.folder),
            waiting=backups is not None and backups.asked,
            english=visit.voice.language == "en",
        )

    def _states(self, cursor: Cursor) -> list[PlaceState]:
        return standing.states(cursor, places_of(self._node.folder, self._node.config))


def _code(state: PlaceState) -> str:
    return state.last.problem.partition(" ")[0] if state.last and state.failed else ""


def _holds(state: PlaceState, good: records.BackupRecord | None) -> bool:
    return bool(state.good and good and state.good.archive == good.archive)


def _seen(state: PlaceState) -> PlaceSeen:
    good, last = state.good, state.last
    return PlaceSeen(
        name=state.place.name,
        kind=state.place.kind,
        where=state.place.where,
        there=state.there(),
        good_at=good.at if good else None,
        archive=good.archive if good else "",
        entries=good.entries if good else 0,
        tried_at=last.at if last else None,
        code=_code(state),
        failures=state.failures,
    )


def _running(last: Progress | None, *, waiting: bool, english: bool) -> Running:
    if last is None:
        return Running(
            running=False, waiting=waiting, share=0, step="", started_at=None, finished_at=None,
            good=False, code="", problem="",
        )  # fmt: skip
    return Running(
        running=last.running,
        waiting=waiting and not last.running,
        share=int(last.share * 100),
        step=last.english if english else last.thai,
        started_at=parse_instant(last.started_at),
        finished_at=parse_instant(last.finished_at) if last.finished_at else None,
        good=last.good,
        code=last.code,
        problem=last.problem_en if english else last.problem_th,
    )
