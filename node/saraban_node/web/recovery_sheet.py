"""แผ่นกู้คืน: who holds which half since when; print, try, lost, another passphrase."""

import threading
from dataclasses import dataclass
from typing import Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from saraban_base.refusals import FieldMissing
from saraban_base.web import errors as web_errors
from saraban_base.web.errors import status_of
from saraban_base.web.needs import PERSON
from saraban_base.web.routes import act, page
from saraban_base.web.visit import Answer, Visit
from saraban_node.appliance import Appliance
from saraban_node.backup import key_errors, key_kit, passphrase_change, passphrases, sheets
from saraban_node.backup.key_kit import Checked, Printed
from saraban_node.backup.passphrase_change import Changed
from saraban_node.people import ADMINISTRATOR
from saraban_node.web.letter import disposition
from saraban_node.web.office import ADMINISTRATORS, Office, actor
from saraban_sync.errors import SarabanError

PARTS: Final = ("1", "2", "keys")
WHYS: Final = (key_kit.REPLACED, key_kit.LOST, passphrase_change.CHANGED)
"""Why a sheet ended: ``sheet.ended.…``."""
_KEPT_SECONDS: Final = 900.0
"""How long the papers of a new sheet can be fetched; they are in memory only."""
_ENDED_SHOWN: Final = 5

web_errors.register(
    {
        key_errors.HalfMistyped: 422,
        key_errors.HalvesApart: 422,
        key_errors.HalfTwice: 422,
        key_errors.NoSuchSheet: 404,
        key_errors.PassphraseTooLong: 409,
        key_errors.NoPlaceToTry: 409,
        key_errors.TwoHoldersNeeded: 422,
        key_errors.PrintGone: 404,
    }
)


@dataclass(frozen=True)
class _Waiting:
    """Papers that their maker may still fetch."""

    printed: Printed
    person: str
    until: float


class RecoverySheetPage:
    """Shows the recovery sheets, and works with them."""

    def __init__(self, office: Office) -> None:
        self._node: Appliance = office.node
        self._waiting: dict[str, _Waiting] = {}
        self._guard = threading.Lock()

    def routes(self) -> list[HTTPRouteHandler]:
        """List the routes."""
        home, needs = "/backup/sheet", ADMINISTRATORS
        return [
            page(home, self.show, needs=PERSON),
            act(f"{home}/print", self.print, needs=needs),
            page(f"{home}/{{sheet:str}}/{{part:str}}", self.paper, needs=needs),
            act(f"{home}/check", self.check, needs=needs),
            act(f"{home}/lost", self.lost, needs=needs),
            act(f"{home}/passphrase", self.change, needs=needs),
        ]

    def show(self, visit: Visit) -> Answer:
        """Show who holds what."""
        return self._show(visit)

    def print(self, visit: Visit) -> Answer:
        """Make a new sheet and show where its papers are."""
        form = visit.form
        try:
            holders = (form.text("first_holder"), form.text("second_holder"))
            made = key_kit.print_sheet(self._node, holders, actor=actor(visit))
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="print")
        until = self._node.clock.monotonic() + _KEPT_SECONDS
        with self._guard:
            self._forget_old()
            self._waiting[made.sheet] = _Waiting(made, visit.person.person, until)
        return self._show(visit, made=made)

    def paper(self, visit: Visit) -> Answer:
        """Give one of the papers of a new sheet to the person who made it."""
        sheet, part = visit.part("sheet"), visit.part("part")
        with self._guard:
            self._forget_old()
            found = self._waiting.get(sheet)
        if found is None or found.person != visit.person.person or part not in PARTS:
            raise key_errors.PrintGone(f"{sheet[:20]} {part[:20]}")
        name = f"recovery-sheet-{sheet}-{part}.pdf"
        return Response(
            found.printed.papers[PARTS.index(part)],
            media_type="application/pdf",
            headers={"content-disposition": disposition(name), "cache-control": "no-store"},
        )

    def check(self, visit: Visit) -> Answer:
        """Try both halves on every repository that is there."""
        form = visit.form
        try:
            done = key_kit.check(
                self._node,
                form.text("first_half"),
                form.text("second_half"),
                actor=actor(visit),
            )
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="check")
        return self._show(visit, checked=done)

    def lost(self, visit: Visit) -> Answer:
        """Write down that a half of a sheet is lost."""
        try:
            key_kit.lost(self._node, visit.form.text("sheet"), actor=actor(visit))
        except SarabanError as problem:
            return self._show(visit, problem=problem)
        return visit.redirect("/backup/sheet", said="sheet-lost")

    def change(self, visit: Visit) -> Answer:
        """Let a new passphrase open the backups."""
        try:
            if visit.form.text("meant") != "yes":
                raise FieldMissing("meant")
            done = passphrase_change.change_passphrase(self._node, actor=actor(visit))
        except SarabanError as problem:
            return self._show(visit, problem=problem, part="change")
        return self._show(visit, changed=done)

    def _show(
        self,
        visit: Visit,
        *,
        problem: SarabanError | None = None,
        part: str = "",
        made: Printed | None = None,
        checked: Checked | None = None,
        changed: Changed | None = None,
    ) -> Answer:
        with self._node.db.read() as cursor:
            found = sheets.every(cursor)
        return visit.page(
            "recovery_sheet.html",
            status=status_of(problem) if problem else 200,
            valid=[one for one in found if one.ended_at is None],
            ended=[one for one in found if one.ended_at is not None][:_ENDED_SHOWN],
            waiting=passphrases.waiting(self._node.folder),
            administrator=ADMINISTRATOR in visit.person.roles,
            # What was typed of a half goes back to be put right; holders' names likewise.
            typed=visit.form.fields if problem else {},
            part=part,
            **_placed(problem),
            made=made,
            checked=checked,
            changed=changed,
        )

    def _forget_old(self) -> None:
        now = self._node.clock.monotonic()
        for name in [name for name, one in self._waiting.items() if one.until < now]:
            del self._waiting[name]


def _placed(problem: SarabanError | None) -> dict[str, object]:
    """Put a problem beside the field it concerns, or over the form."""
    field = ""
    if isinstance(problem, key_errors.HalfMistyped):
        field = "first_half" if problem.facts["half"] == "1" else "second_half"
    elif isinstance(problem, key_errors.TwoHoldersNeeded):
        field = "second_holder"
    elif isinstance(problem, FieldMissing):
        field = problem.detail
    return {
        "problems": {field: problem} if field else {},
        "problem": None if field else problem,
    }
