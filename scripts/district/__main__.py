"""What ``scripts/run`` starts."""

import argparse
import json
import sys
from pathlib import Path

from scripts.district.demo import stay
from scripts.district.district import District
from scripts.district.once import main_job
from scripts.district.programs import Failed, free_ports, quiet_environment

_ROOT = Path(__file__).resolve().parents[2]
_SAMPLES = _ROOT / "scripts" / "sample-letters"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/run", description="A demonstration district on this machine."
    )
    parser.add_argument("--once", action="store_true", help="do the main job once and end")
    parser.add_argument(
        "--letters",
        metavar="FILE",
        action="append",
        type=Path,
        help="CSV or XLSX with the school's letters (may be repeated; default: the samples)",
    )
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="data folder")
    parser.add_argument("--port", type=int, default=8470, help="first of three ports")
    return parser.parse_args()


def _check_files(letters: list[Path]) -> None:
    for file in letters:
        if not file.is_file():
            raise Failed(f"there is no file {file} · ไม่พบแฟ้ม {file}")


def main() -> int:
    """Run it; 0 only if all of it is right."""
    asked = _arguments()
    quiet_environment()
    letters = asked.letters or [_SAMPLES / "incoming.csv", _SAMPLES / "outgoing.csv"]
    try:
        _check_files(letters)
        if not asked.once:
            stay(District(asked.data or _ROOT / "data" / "district", asked.port), letters)
            return 0
        free_ports(asked.port, 1)
        folder = asked.data or _ROOT / "data" / "once"
        figures = main_job(District(folder, asked.port), letters)
    except Failed as wrong:
        print(f"✗ {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(figures), flush=True)
    return 0 if figures["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
