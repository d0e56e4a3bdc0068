"""The child process that talks to borg: ``python -m saraban_base.backup.borg_child``.

    request ──> passphrase set and asserted ──> borgapi, one command ──> exit code asked from borg
                                                      │
                        answer <── do both agree? <── borg's own command line looks at the result

Each child does one command and ends, and its answer travels on a file descriptor that borgapi does
not know. How borgapi is held is written in ``borg_session``, the commands in ``borg_verbs``.
"""

import os
import sys
from typing import Final

import msgspec

from saraban_base.backup.borg_session import Notes, Session
from saraban_base.backup.borg_verbs import DOES
from saraban_base.backup.child_life import Failed, Stopped, check_request, read_line, write_all
from saraban_base.backup.protocol import Answer, Failure, Request

_DETAIL: Final = 2_000


def main() -> int:
    """Read one request, do it, write one answer.

    Returns:
        0 when the answer was written, whatever it says.
    """
    answer_to = os.dup(1)
    os.dup2(2, 1)  # whatever prints from now on goes to the log, not into the answer
    os.umask(0o077)
    try:
        answer = _answer(msgspec.json.decode(read_line(), type=Request))
    except msgspec.DecodeError as wrong:
        answer = Answer(failure=Failure.BAD_REQUEST, detail=str(wrong), exit_code=2)
    except Stopped:
        answer = Answer(failure=Failure.CANCELLED, detail="stopped", exit_code=143)
    write_all(answer_to, msgspec.json.encode(answer) + b"\n")
    return 0


def _answer(request: Request) -> Answer:
    notes = Notes()
    try:
        check_request(request)
        with Session(request, notes) as session:
            return DOES[request.command](session)
    except Failed as wrong:
        return Answer(
            failure=wrong.failure, detail=wrong.detail[-_DETAIL:], exit_code=wrong.code,
            notes=tuple(notes.lines),
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
