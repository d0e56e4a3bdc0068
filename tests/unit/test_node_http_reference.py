"""The reference of HTTP names every route of a node and no other."""

import re
from pathlib import Path

from litestar.routes import HTTPRoute

from saraban_base.web.needs import Needs
from saraban_node.app import build_app
from tests.offices import an_office
from tests.web_office import CHEAP

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "http.md"
_ROW = re.compile(r"^\| (`(?:GET|POST|DELETE) [^|]+) \| ([^|]+) \|", re.MULTILINE)
_ROUTE = re.compile(r"`(GET|POST|DELETE) ([^`]+)`")
_MADE_BY_THE_FRAMEWORK = {("GET", "/schema"), ("GET", "/schema/{path}")}


def _who(needs: Needs) -> str:
    if needs.open:
        return "anybody"
    return " or ".join(sorted(needs.roles)) or "logged in"


def test_the_reference_names_every_route_and_who_may_use_it(tmp_path: Path) -> None:
    node = an_office(tmp_path / "node")
    app = build_app(node, passwords=CHEAP)
    there = {
        (str(method), re.sub(r":\w+}", "}", route.path_format)): _who(handler.opt["needs"])
        for route in app.litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS"}
    }
    own = PAGE.read_text(encoding="utf-8").partition("\n## API of the centre")[0]
    own = own.partition("\n## Pages of the centre")[0]
    told = {
        (method, path): who.strip()
        for cell, who in _ROW.findall(own)
        for method, path in _ROUTE.findall(cell)
    }
    app.shell.close()
    node.close()

    assert told == {
        route: who for route, who in there.items() if route not in _MADE_BY_THE_FRAMEWORK
    }
