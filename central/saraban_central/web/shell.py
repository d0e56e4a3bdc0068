"""Makes what the centre's pages are made with: texts, templates, sessions, threads."""

from datetime import timedelta
from importlib import resources

from saraban_base.passwords import Passwords
from saraban_base.sessions import Lifetimes
from saraban_base.web.assets import Assets
from saraban_base.web.templates import Templates
from saraban_base.web.visit import Shell
from saraban_base.web.voice import Catalogue, base_texts
from saraban_central.centre import Centre
from saraban_central.web.desk import CentralThreads, Desk


def make_shell(centre: Centre, *, passwords: Passwords | None = None) -> Shell:
    """Make the shell.

    Args:
        centre: whose pages.
        passwords: the hasher; tests use a cheaper one.
    """
    assets, config = Assets(), centre.config
    return Shell(
        name=f"centre-{centre.identity.uuid[:8]}",
        product="product.centre",
        db=centre.database,
        clock=centre.clock,
        catalogue=Catalogue(
            base_texts(), resources.files("saraban_central") / "web" / "texts.toml"
        ),
        templates=Templates("saraban_central", assets),
        assets=assets,
        passwords=passwords or Passwords(),
        frame=Desk.of(centre).frame,
        owner=lambda: config.name,
        language=config.language,
        digits=config.digits,
        hosts=config.allowed_hosts,
        secure=config.secure_cookies,
        lifetimes=Lifetimes(
            timedelta(minutes=config.idle_minutes), timedelta(hours=config.session_hours)
        ),
        threads=CentralThreads(),
    )
