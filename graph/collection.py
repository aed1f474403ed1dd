"""Python's collection of cycles, where there are millions of objects and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_cycle_collection() -> Iterator[None]:
    """Keep Python from looking for cycles among millions of small objects that have none.

    Measured: making the rows of 175,108 hosts takes 2.0 s instead of 6.3 s, reading a million assets 2.2 s instead of
    4.1 s.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
