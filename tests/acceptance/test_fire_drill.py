"""A school's machine burns and comes back by the document alone, word for word.

The centre, its sshd, the programs and the scripts are the real ones; only the names of places in
the commands are others than an office's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.fire_drill import document

pytestmark = pytest.mark.slow
_SCRIPT = document.ROOT / "scripts" / "restore-drill"


@pytest.mark.skipif(not Path("/usr/sbin/sshd").exists(), reason="openssh-server is not installed")
def test_a_burnt_office_comes_back_by_the_document_and_goes_on_registering(tmp_path: Path) -> None:
    done = subprocess.run(
        [_SCRIPT, "--keep", tmp_path / "district"],
        env={**os.environ, "SARABAN_VENV": sys.prefix},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ok"]
    assert told["commands_left"] == [], "every command of the document was typed"
    assert told["incoming_first_after"] > told["incoming_before_fire"]
    assert told["minutes_after_the_fire"] < 15
    assert "minutes: restore" in done.stderr


def test_both_halves_of_the_document_say_the_same_commands() -> None:
    told = document.commands(document.DOCUMENT.read_text("utf-8"))

    assert [line.split()[0] for line in told[:2]] == ["ssh-keygen", "scripts/restore"]
