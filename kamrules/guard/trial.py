"""Reads a workbook with every reader and tells nobody: ``python trial.py < BOOK``.

It exits with 0 if the readers survive, whatever they object to. Only they are imported: every
doubtful workbook costs one start of this.
"""

from __future__ import annotations

import io
import sys

SECONDS, MEMORY = 30, 2 << 30  # of CPU; several times what a workbook within the limits takes
OUT_OF_MEMORY = 7


def limit() -> None:
    """Limit this process; on Windows only the clock of its parent does."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(content: bytes) -> None:
    import fastexcel
    import python_calamine

    book = fastexcel.read_excel(content)
    for title in book.sheet_names:
        book.load_sheet(title, header_row=None, skip_rows=0)
    other = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    for title in other.sheet_names:
        other.get_sheet_by_name(title).to_python()


if __name__ == "__main__":
    limit()
    try:
        _read(sys.stdin.buffer.read())
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except Exception:
        pass  # what a reader only objects to, it says again to whom it may concern
