"""Files written in one step: whoever looks finds the old one or the new one, never half."""

from __future__ import annotations

import os
from pathlib import Path

from kamrules.model import Cell, UsageError
from kamrules.text import problem


def replace_file(target: Path, content: bytes) -> None:
    """Put *content* in the place of a file in one step; raise what keeps us from it."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        held = problem("E002", Cell(target.name), name=target.name, reason=reason)
        raise UsageError([held], exit_code=3) from error
    finally:
        temporary.unlink(missing_ok=True)
