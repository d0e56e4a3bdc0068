"""What a server does once, when it has been built and before it serves."""

import gc


def settle() -> None:
    """Tell Python's collector that what is there now stays.

    Otherwise it looks through the whole program again and again while clerks wait: with sixteen of
    them the slowest answers of a hundred took half as long again.
    """
    gc.collect()
    gc.freeze()
