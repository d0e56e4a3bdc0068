"""Whoever types a command is named in the journal, however bare the environment is."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from saraban_base import operator
from saraban_base.clock import SystemClock
from saraban_node import appliance
from tests.offices import an_office, events_of

OWN = pwd.getpwuid(os.getuid()).pw_name


def test_a_command_with_no_environment_names_the_person_who_typed_it(tmp_path: Path) -> None:
    """A service, a timer and a cleaned shell set neither USER nor SUDO_USER."""
    an_office(tmp_path / "node", clock=SystemClock()).close()
    typed = [sys.executable, "-m", "saraban_node", "numbers", "reserve", "--folder"]
    wanted = ["--register", "outgoing", "--holder", "ครูสมใจ", "--purpose", "คำสั่ง"]

    subprocess.run([*typed, str(tmp_path / "node"), *wanted], env={"LANG": "C.UTF-8"}, check=True)

    node = appliance.open_appliance(tmp_path / "node")
    assert [event.actor for event in events_of(node, "number.reserved")] == [f"cli:{OWN}"]
    node.close()


def test_a_command_by_sudo_names_the_person_and_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "somchai")
    monkeypatch.setenv("USER", "root")

    assert operator.name() == "somchai"


def test_what_the_environment_claims_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("USER", "somebody-else")

    assert operator.name() == OWN
