"""The router's process is killed at every commit: each letter is still delivered once."""

import subprocess
import sys
from pathlib import Path

import pytest

from saraban_central.centre import open_centre
from saraban_central.post.router import Router
from saraban_central.records import ALARMS, ROUTED
from saraban_sync.events import parse_event
from saraban_sync.wire import CENTRE, mailbox_database
from tests.central_district import District

# The hooks are SQLite's own: one runs just before a commit is written, the other just after.
_CHILD = """
import os, sys
from pathlib import Path
from saraban_central.post import router
from saraban_central.centre import open_centre

folder, when, nth = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
commits = 0

def count(*_):
    global commits
    commits += 1
    if commits == nth:
        os._exit(9)
    return 0

router.PAGE = 8
centre = open_centre(folder)
writer = centre.database._writer
writer.set_commit_hook(count) if when == "before" else writer.set_wal_hook(count)
router.Router(centre).run()
"""
_LETTERS = 40
_KILLED = 9


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_router_killed_at_every_commit_delivers_every_letter_once(
    tmp_path: Path, when: str
) -> None:
    district = District(tmp_path)
    school, area = district.office("school-1", size=_LETTERS), district.office("area-1")
    letters = [school.send(number, "area-1").id for number in range(1, _LETTERS + 1)]
    folder = district.centre.folder
    district.close()

    kills = 0
    for nth in (1, 2, 1, 3, 2):
        command = [sys.executable, "-c", _CHILD, str(folder), when, str(nth)]
        done = subprocess.run(command, check=False, timeout=60)
        assert done.returncode in (0, _KILLED)
        kills += done.returncode == _KILLED
    centre = open_centre(folder)
    Router(centre).run()

    items = [d for d in centre.store.page(mailbox_database(area.node)) if d.sender != CENTRE]
    assert [parse_event(d.payload, d.signature).id for d in items] == letters
    assert centre.store.count(ROUTED, "letter.sent/") == _LETTERS
    assert centre.store.count(ALARMS) == 0
    assert kills == 5, "a router that was not killed proves nothing"
    centre.close()
