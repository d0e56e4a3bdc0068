"""One letter with a file is registered; it is watched from outside what the disk is asked for.

python -m tests.faults.order_work FOLDER
"""

import os
import sys
from pathlib import Path

from saraban_node import appliance
from tests.offices import HandClock, a_letter, put_file, register


def main() -> None:
    """Put a file away, register its letter, and say so."""
    node = appliance.open_appliance(Path(sys.argv[1]), clock=HandClock())
    ref = put_file(node, b"%PDF-1.7 " + bytes(1_000))
    register(node, a_letter(1, files=(ref,)))
    os.write(1, b"TOLD")
    node.close()


if __name__ == "__main__":
    main()
