"""Takes the commands of the fire drill out of docs/how-to/restore.md, word for word.

Only the names of places differ: the document speaks of an office's machine, the drill has folders.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scripts.district.programs import Failed

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = ROOT / "docs" / "how-to" / "restore.md"
_BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ENGLISH: Final = "## In English"


def commands(text: str) -> list[str]:
    """Give the lines of the blocks that are marked ``sh``, in order.

    Raises:
        Failed: the Thai and the English half say different things.
    """
    thai, _, english = text.partition(_ENGLISH)
    found = [
        [line for block in _BLOCK.findall(half) for line in block.splitlines()]
        for half in (thai, english)
    ]
    if found[0] != found[1] or not found[0]:
        raise Failed(f"the halves of {DOCUMENT.name} say different commands: {found}")
    return found[0]


class Operator:
    """Types the document's commands at the new machine.

    Args:
        folder: the node's folder.
        places: what stands in the document, and what it is here.
    """

    def __init__(self, folder: Path, places: Mapping[str, str]) -> None:
        self._folder = folder
        self._places = dict(places)
        self._left = commands(DOCUMENT.read_text(encoding="utf-8"))

    def type(self, beginning: str, *, says: str = "") -> str:
        """Type the next command, which must begin so; gives what it printed.

        Args:
            beginning: its first words.
            says: what is typed when it asks.

        Raises:
            Failed: the document says another command here, or the command failed.
        """
        line = self._left.pop(0) if self._left else ""
        if not line.startswith(beginning):
            raise Failed(f"the document says {line!r} where {beginning!r} was expected")
        for written, here in self._places.items():
            line = line.replace(written, here)
        print(f"  $ {line}", file=sys.stderr, flush=True)
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=ROOT,
            env=self._environment(),
            input=says,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # no terminal: what is asked is answered from here
        )
        # The fence is reported by exit code 1 as long as it stands.
        if done.returncode not in ((0, 1) if line.endswith("fence status") else (0,)):
            raise Failed(f"{line} → {done.returncode}\n{done.stderr}{done.stdout}")
        return done.stderr + done.stdout

    def left(self) -> list[str]:
        """Give the commands that were not typed."""
        return list(self._left)

    def _environment(self) -> dict[str, str]:
        programs = str(Path(sys.executable).parent)
        return {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "SARABAN_NODE_FOLDER": str(self._folder),
            "SARABAN_VENV": str(Path(sys.executable).parents[1]),
        }
