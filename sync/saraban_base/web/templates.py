"""Turns templates into pages. Everything is escaped; there is no way to switch that off.

This is the only module that imports Jinja.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from saraban_base.web.assets import Assets
from saraban_base.web.voice import Voice


class Templates:
    """The templates of one appliance, with those that node and centre share behind them.

    Args:
        package: whose folder ``templates`` comes first, such as ``saraban_node``.
        assets: for the addresses of stylesheet and script.
    """

    def __init__(self, package: str, assets: Assets) -> None:
        self.environment = Environment(
            loader=ChoiceLoader([PackageLoader(package), PackageLoader("saraban_base")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals["asset"] = assets.url

    def render(self, name: str, voice: Voice, context: Mapping[str, Any]) -> bytes:
        """Make a page.

        Args:
            name: the template's file name.
            voice: speaks the reader's language; in templates ``t``, ``digits``, ``long_date`` …
            context: values for this page.
        """
        template = self.environment.get_template(name)
        return template.render(
            **context,
            voice=voice,
            lang=voice.language,
            t=voice.text,
            digits=voice.digits,
            count=voice.count,
            long_date=voice.long_date,
            short_date=voice.short_date,
            clock_time=voice.clock_time,
            moment=voice.moment,
            ago=voice.ago,
            size=voice.size,
        ).encode("utf-8")
