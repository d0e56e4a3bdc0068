"""What a thief on a node can say to the centre: everything that borg's own client can.

``python -m tests.faults.attack_work URL delete=ID overwrite=ID key``
"""

import sys
from argparse import Namespace

from borg.helpers import Location
from borg.logger import setup_logging
from borg.remote import RemoteRepository


def main() -> None:
    """Do each act in one session and commit, asking for compaction too."""
    options = Namespace(
        rsh=None, remote_path=None, umask=0o077, debug_topics=[], lock_wait=1, remote_buffer=None,
        upload_buffer=None, remote_ratelimit=None, upload_ratelimit=None,
    )  # fmt: skip
    setup_logging()
    where = Location(sys.argv[1])
    with RemoteRepository(where, exclusive=True, args=options) as repository:
        for text in sys.argv[2:]:
            act, _, key = text.partition("=")
            if act == "delete":
                repository.delete(bytes.fromhex(key))
            elif act == "overwrite":
                repository.put(bytes.fromhex(key), b"\x05" * 200)
            elif act == "key":
                repository.save_key(b"rubbish")
        if sys.argv[2:] != ["key"]:
            repository.commit(compact=True)


if __name__ == "__main__":
    main()
