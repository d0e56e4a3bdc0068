"""Builds the web application of a node: pages, JSON API, log-in."""

from datetime import timedelta
from importlib import resources

from saraban_base.passwords import Passwords
from saraban_base.sessions import Lifetimes
from saraban_base.web.assets import Assets
from saraban_base.web.shell import Application
from saraban_base.web.shell import build_app as build
from saraban_base.web.templates import Templates
from saraban_base.web.visit import Shell
from saraban_base.web.voice import Catalogue, base_texts
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.backup.schedule import Scheduler
from saraban_node.line.syncer import Syncer
from saraban_node.web import api
from saraban_node.web.arrivals import Arrivals
from saraban_node.web.backup import BackupPage
from saraban_node.web.books import Books
from saraban_node.web.drill_paper import DrillPaperPage
from saraban_node.web.emergency_marks import EmergencyMarks
from saraban_node.web.letter import LetterPage
from saraban_node.web.line import LinePage
from saraban_node.web.numbering.clock import ClockPage
from saraban_node.web.numbering.emergency import EmergencyPages
from saraban_node.web.numbering.fence import FencePages
from saraban_node.web.numbering.passport import PassportPages
from saraban_node.web.numbering.proof import ProofPage
from saraban_node.web.numbering.ranges import RangePages
from saraban_node.web.numbering.reserved import ReservedPages
from saraban_node.web.office import Office
from saraban_node.web.people import PeoplePages
from saraban_node.web.recovery_sheet import RecoverySheetPage
from saraban_node.web.registering import Registering
from saraban_node.web.searching import SearchPage
from saraban_node.web.status import StatusPage
from saraban_node.web.today import TodayPage


def build_app(
    node: Appliance,
    syncer: Syncer | None = None,
    backups: Scheduler | None = None,
    *,
    passwords: Passwords | None = None,
) -> Application:
    """Build the application.

    Args:
        node: the appliance.
        syncer: runs exchanges; its thread is started and stopped by the caller.
        backups: runs backups, likewise.
        passwords: the hasher; tests use a cheaper one.
    """
    office = Office(node, syncer, backups)
    shell = make_shell(office, passwords or Passwords())
    pages = (
        TodayPage,
        Arrivals,
        Books,
        Registering,
        LetterPage,
        ReservedPages,
        EmergencyPages,
        ClockPage,
        FencePages,
        PassportPages,
        ProofPage,
        RangePages,
        SearchPage,
        LinePage,
        BackupPage,
        StatusPage,
        RecoverySheetPage,
        DrillPaperPage,
        PeoplePages,
    )
    routes = [route for kind in pages for route in kind(office).routes()]
    return build(
        shell,
        [*routes, *api.routes(office)],
        title=f"Saraban node: {node.office_name}",
        version=PROGRAM,
    )


def make_shell(office: Office, passwords: Passwords) -> Shell:
    """Make what pages are made with."""
    node, assets = office.node, Assets()
    templates = Templates("saraban_node", assets)
    with node.db.read() as cursor:
        marks = EmergencyMarks(cursor)
    templates.environment.globals.update(emergency_mark=marks.own, mark_of=marks.of)
    return Shell(
        name=node.node,
        product="product.node",
        db=node.db,
        clock=node.clock,
        catalogue=Catalogue(base_texts(), resources.files("saraban_node") / "web" / "texts.toml"),
        templates=templates,
        assets=assets,
        passwords=passwords,
        frame=office.frame,
        owner=lambda: node.office_name,
        language=node.config.language,
        digits=node.config.digits,
        hosts=node.config.allowed_hosts,
        lifetimes=Lifetimes(
            timedelta(minutes=node.config.session_idle_minutes),
            timedelta(hours=node.config.session_most_hours),
        ),
        keys=(
            ("/", "keys.search"),
            ("n", "keys.incoming"),
            ("s", "keys.outgoing"),
            ("r", "keys.reserve"),
            ("j k", "keys.rows"),
            ("Enter", "keys.open"),
            ("Ctrl + Enter", "keys.register"),
            ("c", "keys.copy"),
            ("?", "keys.help"),
        ),
        jumps={
            "n": "/registers/incoming/new",
            "s": "/registers/outgoing/new",
            "r": "/reserved",
        },
    )
