"""Files and folders that are still there after the power has gone.

A file's bytes are certain once the file is flushed, its name once its folder is; a new folder's
name lies in the folder above. Some file systems do more than that by themselves, none has to.
"""

import os
import tempfile
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """Make the names in a folder certain.

    Raises:
        OSError: the disk refused.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder, and what is missing above it, each with a name that is certain.

    A folder that is there already may have been made a moment ago by somebody who had no time to
    flush, so its name is flushed all the same.

    Raises:
        OSError: the disk refused, or there is a file of that name.
    """
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    flush_folder(folder.parent)


def write_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put a whole file in the place of whatever has its name: the old one or the new one is there.

    Raises:
        OSError: the disk refused; the old file is still there.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).rename(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    flush_folder(path.parent)
