"""What a native reader raises, or does to its process, is a Problem.

The readers are written in Rust: on some crafted files they end the process, or ask for memory until
the system does. Of what the guard lets through nothing is known to make them, so only a workbook
with something in it that Excel does not write is read by another process first. That costs 0.1 s of
CPU; to try every workbook would cost as much again as reading it. A fork would be cheaper, but is
not safe once the threads of Polars run, and Windows has none.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kamrules.guard import trial
from kamrules.guard.package_check import MB, damaged, too_large
from kamrules.messages.problem import Cell, UsageError

PATIENCE = 300  # seconds of the clock
# By its path, so that it runs however kamrules was found.
_TRIAL = (sys.executable, "-P", trial.__file__)
_KILLED = {-getattr(signal, name, 0) for name in ("SIGXCPU", "SIGKILL")} - {0}


def try_reading(where: Cell, content: bytes, command: Sequence[str] = _TRIAL) -> None:
    """Refuse a workbook that a reader does not survive; what one only objects to, it says later."""
    try:
        result = subprocess.run(
            command, input=content, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _too_long(where) from error
    if result.returncode == trial.OUT_OF_MEMORY or b"memory allocation" in result.stderr:
        raise too_large(
            where,
            f"读取要用 {trial.MEMORY // MB:,} MB 以上的内存",
            f"reading it takes more than {trial.MEMORY // MB:,} MB of memory",
        )
    if result.returncode in _KILLED:
        raise _too_long(where)
    if result.returncode:
        raise damaged(where, "读取程序遇到它会崩溃", "the program that reads it crashes on it")


def _too_long(where: Cell) -> UsageError:
    return too_large(
        where, f"{trial.SECONDS} 秒内读不完", f"it cannot be read in {trial.SECONDS} seconds"
    )


@contextmanager
def reading(book: str) -> Iterator[None]:
    """Refuse a workbook for whatever its reader raises; a panic of Rust is no Exception."""
    try:
        yield
    except UsageError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise damaged(Cell(book), f"读取程序说: {said}", f"the reader says: {said}") from error
