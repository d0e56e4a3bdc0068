"""What ``scripts/restore-drill`` starts."""

import argparse
import json
import socket
import sys
import tempfile
from pathlib import Path

from scripts.district.district import District
from scripts.district.programs import Failed, quiet_environment
from scripts.fire_drill.drill import FireDrill


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def main() -> int:
    """Run it; 0 only if all of it is right."""
    parser = argparse.ArgumentParser(prog="scripts/restore-drill", description=__doc__)
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="do it here and keep it")
    asked = parser.parse_args()
    quiet_environment()
    centre, ssh = _free_ports(2)
    try:
        with tempfile.TemporaryDirectory(prefix="saraban-drill-") as scratch:
            folder = (asked.keep or Path(scratch) / "district").absolute()
            figures = FireDrill(District(folder, centre), ssh).run()
    except Failed as wrong:
        print(f"✗ {wrong}", file=sys.stderr)
        return 1
    print(json.dumps(figures, ensure_ascii=False), flush=True)
    return 0 if figures["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
