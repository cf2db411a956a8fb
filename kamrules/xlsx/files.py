"""Files written in one step: whoever looks finds the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from kamrules.messages.message import message
from kamrules.messages.problem import Cell, UsageError
from kamrules.words.text import Text

# fmt: off
NOT_OPENED = message("E002", kind="file",
    what=("不能打开或写入 {name}", "cannot open or write {name}"), why=("{reason}", "{reason}"),
    fix=("在 Excel 中关闭它再试, 或用 -o 写到别处",
         "close it in Excel and try again, or write elsewhere with -o"),
    effect=("未写出任何文件", "nothing was written"),
    example={"name": "供应商.kam.xlsx",
             "reason": Text("它正在 Excel 中打开", "it is open in Excel")})
# fmt: on


# What Excel and LibreOffice put beside a workbook that they have open.
_LOCKS = ("~${}", ".~lock.{}#")


def replace_file(target: Path, content: bytes) -> None:
    """Put *content* in the place of a file in one step; raise what keeps us from it."""
    target = target.resolve()  # a link stays a link
    for lock in _LOCKS:
        if (holder := target.with_name(lock.format(target.name))).exists():
            raise _held(
                target,
                Text(
                    f"它正打开着; 若没有人打开它, 删去 {holder.name}",
                    f"it is open; if nobody has it open, delete {holder.name}",
                ),
            )
    temporary = target.with_name(f".kamrules-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise _held(target, Text(reason, reason)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _held(target: Path, reason: Text) -> UsageError:
    held = NOT_OPENED.at(Cell(target.name), name=target.name, reason=reason)
    return UsageError([held], exit_code=3)
