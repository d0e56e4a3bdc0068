"""Commands that make a centre, run it, and tell how it is."""

from pathlib import Path

import click

from saraban_central import condition
from saraban_central.centre import make_centre
from saraban_central.cli.common import folder_option, json_option, opened, say
from saraban_central.config import CentralConfig


@click.command()
@folder_option
@json_option
@click.option("--name", default=CentralConfig().name, help="What the pages call this centre.")
@click.option("--host", default=CentralConfig().host, show_default=True, help="Listen here.")
@click.option("--port", default=CentralConfig().port, show_default=True, help="Listen on it.")
def init(folder: Path, as_json: bool, name: str, host: str, port: int) -> None:
    """Make a new centre with a key of its own (ตั้งส่วนกลางใหม่)."""
    centre = make_centre(folder, CentralConfig(name=name, host=host, port=port))
    result = {"folder": str(folder), "uuid": centre.identity.uuid, "key": centre.key.public}
    centre.close()
    say(
        result,
        as_json=as_json,
        text=f"{name} — {folder}\nกุญแจสาธารณะ · public key: {result['key']}",
    )


@click.command()
@folder_option
@json_option
@click.option("--host", help="Address to listen on, instead of the settings'.")
@click.option("--port", type=int, help="Port to listen on, instead of the settings'.")
def serve(folder: Path, as_json: bool, host: str | None, port: int | None) -> None:
    """Run gateway, router and pages until interrupted (เปิดส่วนกลาง)."""
    from saraban_central import server

    def ready(address: str) -> None:
        say({"address": address}, as_json=as_json, text=f"ส่วนกลางเปิดแล้ว · serving: {address}")

    server.serve(folder, host=host, port=port, ready=ready)


@click.command()
@folder_option
@json_option
def rebuild(folder: Path, as_json: bool) -> None:
    """Make the pages' overview again from the journals (สร้างข้อมูลสรุปใหม่)."""
    with opened(folder) as centre:
        events = centre.readmodel.rebuild(centre.store)
    say({"events": events}, as_json=as_json, text=f"{events} events")


@click.command()
@folder_option
@json_option
def status(folder: Path, as_json: bool) -> None:
    """Tell how the centre is; exit code 1 when something needs a person (ตรวจสถานะส่วนกลาง)."""
    with opened(folder) as centre:
        found = condition.of_centre(centre)
    result = found.as_dict()
    say(result, as_json=as_json, text="\n".join(f"{key}: {shown}" for key, shown in result.items()))
    if not found.good:
        raise SystemExit(1)
