"""Who types a command: the operating system's user is the only evidence there is."""

import os
import pwd


def name() -> str:
    """Give the user's name: who called ``sudo``, or else whom the kernel takes the process for.

    ``USER`` is not asked: a service and a cleaned environment have none, and an act must not go
    down as the program's own because of that.
    """
    if asked := os.environ.get("SUDO_USER"):
        return asked
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
