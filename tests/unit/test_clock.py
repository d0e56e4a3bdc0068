"""The machine's own clocks, and what the kernel says about them."""

import re
import time
from pathlib import Path

import pytest

from saraban_base.clock import Evidence, SystemClock, battery_agrees

WALL = 1_795_000_000.0
THAI_TIME = 7 * 3_600


def battery(folder: Path, shows: str, name: str = "rtc0") -> Path:
    """Put a battery clock where the kernel shows it."""
    (folder / name).mkdir(parents=True)
    (folder / name / "since_epoch").write_text(shows, encoding="ascii")
    return folder


@pytest.mark.parametrize(
    ("shows", "agrees"),
    [
        (WALL, True),
        (WALL + 119, True),
        (WALL - 119, True),
        (WALL + 130, False),
        (WALL + THAI_TIME - 5, True),
        (WALL - THAI_TIME, False),
        (35, False),
    ],
)
def test_a_battery_clock_speaks_for_the_wall_clock_only_if_it_shows_the_same(
    tmp_path: Path, shows: float, agrees: bool
) -> None:
    """One that stands at 35 seconds after 1970 has no battery: it began with the machine."""
    assert battery_agrees(battery(tmp_path, f"{shows:.0f}\n"), WALL) is agrees


@pytest.mark.parametrize("shows", ["", "no clock\n", "1e9\n"])
def test_a_battery_clock_that_cannot_be_read_says_nothing(tmp_path: Path, shows: str) -> None:
    assert not battery_agrees(battery(tmp_path, shows), WALL)
    assert not battery_agrees(tmp_path / "none", WALL)


def test_one_of_two_battery_clocks_is_enough(tmp_path: Path) -> None:
    battery(tmp_path, "35\n")
    battery(tmp_path, f"{WALL:.0f}\n", name="rtc1")

    assert battery_agrees(tmp_path, WALL)


def test_the_system_clock_says_what_the_machine_says(tmp_path: Path) -> None:
    clock = SystemClock(rtc=battery(tmp_path, f"{time.time():.0f}\n"))  # noqa: TID251
    before = clock.monotonic()
    evidence = clock.evidence()

    assert clock.monotonic() >= before
    assert re.fullmatch(r"[0-9a-f]{8}", clock.boot())
    assert clock.now().tzinfo is not None
    assert evidence.battery
    assert evidence.ntp_doubt_ms is None or 0 <= evidence.ntp_doubt_ms <= 16_000


@pytest.mark.parametrize(
    ("state", "maxerror", "doubt"),
    [(0, 41_500, 42), (1, 0, 0), (5, 16_000_000, None), (-1, 0, None)],
)
def test_the_kernel_is_asked_how_well_a_time_service_steers_the_clock(
    tmp_path: Path, state: int, maxerror: int, doubt: int | None
) -> None:
    """A leap second that is due (1) is no reason for doubt; 5 means that nothing steers it."""

    def kernel(pointer: object) -> int:
        pointer._obj.maxerror = maxerror  # type: ignore[attr-defined] # what ctypes.byref gives
        return state

    clock = SystemClock(rtc=tmp_path)
    clock._adjtimex = kernel

    assert clock.evidence() == Evidence(battery=False, ntp_doubt_ms=doubt)


def test_a_system_without_that_question_follows_no_time_service(tmp_path: Path) -> None:
    clock = SystemClock(rtc=tmp_path)
    clock._adjtimex = None

    assert clock.evidence() == Evidence(battery=False)
