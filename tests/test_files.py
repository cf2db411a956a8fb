"""Files are replaced in one step, whatever happens: kill, full disk, locks, two runs at once."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kamrules.messages.problem import UsageError
from kamrules.xlsx import files
from kamrules.xlsx.files import replace_file
from tests.conftest import write_book
from tests.kit.books import CUSTOMERS, ORDERS
from tests.kit.command import run

OLD, NEW = b"the old one", b"the new one" * 100_000

# Runs replace_file in a process of its own that is killed before it runs line n of it.
KILLED = """
import os, signal, sys
from pathlib import Path
from kamrules.xlsx import files

target, stop, lines = Path(sys.argv[1]), int(sys.argv[2]), 0

def trace(frame, event, argument):
    global lines
    if frame.f_code.co_filename != files.__file__:
        return None
    if event == "line":
        lines += 1
        if lines == stop:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace

new = b"the new one" * 100_000
sys.settrace(trace)
files.replace_file(target, new)
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return a file that is to be replaced."""
    path = tmp_path / "book.kam.xlsx"
    path.write_bytes(OLD)
    return path


def names(target: Path) -> list[str]:
    return [path.name for path in target.parent.iterdir()]


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_replaced_and_nothing_else_is_left(target: Path) -> None:
    replace_file(target, NEW)

    assert target.read_bytes() == NEW
    assert names(target) == [target.name]


def test_a_new_file_and_one_that_was_there_have_the_usual_and_its_own_rights(target: Path) -> None:
    target.chmod(0o640)

    replace_file(target, NEW)
    replace_file(other := target.with_name("other.xlsx"), NEW)

    plain = target.with_name("plain")
    plain.touch()
    assert target.stat().st_mode & 0o777 == 0o640
    assert other.stat().st_mode == plain.stat().st_mode


def test_a_link_stays_a_link(target: Path) -> None:
    link = target.with_name("link.xlsx")
    link.symlink_to(target)

    replace_file(link, NEW)

    assert link.is_symlink()
    assert target.read_bytes() == NEW


def test_killed_at_any_line_it_leaves_the_old_one_or_the_new_one(target: Path) -> None:
    found, ends = [], []
    for stop in range(1, 60):
        target.write_bytes(OLD)
        its = subprocess.run(
            [sys.executable, "-c", KILLED, str(target), str(stop)],
            check=False, timeout=60, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        found.append(target.read_bytes())
        ends.append(its.returncode)
        if its.returncode == 0:
            break

    whole = {OLD: "old", NEW: "new"}
    assert set(ends) == {-signal.SIGKILL, 0}
    assert {whole.get(content, "half") for content in found} == {"old", "new"}
    assert found == sorted(found, key=[OLD, NEW].index)
    assert all(name.endswith(".tmp") for name in names(target) if name != target.name)


def test_killed_in_the_middle_of_writing_it_leaves_the_old_one(target: Path) -> None:
    child = os.fork()
    if not child:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        with full_disk(len(NEW) // 2):
            replace_file(target, NEW)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGXFSZ
    assert target.read_bytes() == OLD
    (left,) = (path for path in target.parent.iterdir() if path != target)
    assert 0 < left.stat().st_size < len(NEW)
    replace_file(target, NEW)
    assert target.read_bytes() == NEW


@pytest.mark.parametrize("size", [0, 1, 4096, len(NEW) - 1])
def test_on_a_full_disk_the_old_one_stays_and_the_reason_is_given(target: Path, size: int) -> None:
    with full_disk(size), pytest.raises(UsageError) as stopped:
        replace_file(target, NEW)

    (said,) = stopped.value.problems
    assert (said.code, said.why.en, stopped.value.exit_code) == ("E002", "File too large", 3)
    assert target.read_bytes() == OLD
    assert names(target) == [target.name]


@pytest.mark.parametrize("step", ["open", "fsync", "chmod", "replace"])
def test_a_failure_at_any_step_leaves_the_old_one(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os if step == "fsync" else Path, step, failing)

    with pytest.raises(UsageError) as stopped:
        replace_file(target, NEW)

    monkeypatch.undo()
    assert stopped.value.problems[0].why.en == "Permission denied"
    assert target.read_bytes() == OLD
    assert names(target) == [target.name]


def test_a_target_that_is_a_folder_is_refused(target: Path) -> None:
    (target.parent / "folder").mkdir()

    with pytest.raises(UsageError):
        replace_file(target.parent / "folder", NEW)

    assert sorted(names(target)) == [target.name, "folder"]


@pytest.mark.parametrize("lock", ["~$book.kam.xlsx", ".~lock.book.kam.xlsx#"])
def test_a_target_that_somebody_has_open_is_left_alone(target: Path, lock: str) -> None:
    target.with_name(lock).touch()

    with pytest.raises(UsageError) as stopped:
        replace_file(target, NEW)

    assert lock in stopped.value.problems[0].why.en
    assert target.read_bytes() == OLD


def test_what_a_killed_run_left_is_neither_read_nor_followed(target: Path) -> None:
    left = target.with_name(f".kamrules-{os.getpid()}-{files.threading.get_ident()}.tmp")
    left.symlink_to(target)

    replace_file(target, NEW)

    assert target.read_bytes() == NEW
    assert not left.exists()


# the command


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a customer workbook with an earlier result."""
    path = tmp_path_factory.mktemp("made") / "customers.xlsx"
    write_book(path, 客户=CUSTOMERS, 销售=ORDERS)
    run("apply", path, "--no-report", "--as-of", "2024-12-31")
    return path


@pytest.fixture
def source(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the workbook, its earlier result beside it."""
    for path in made.parent.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    return tmp_path / made.name


def command(source: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "kamrules", "apply", str(source), "--no-report", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent,
    )  # fmt: skip


def test_a_run_that_is_killed_leaves_the_input_and_a_whole_result(source: Path) -> None:
    result = source.with_name("customers.kam.xlsx")
    before, old = source.read_bytes(), result.read_bytes()
    start = time.monotonic()
    command(source, "-o", str(source.with_name("other.xlsx"))).communicate(timeout=60)
    taken, new = time.monotonic() - start, source.with_name("other.xlsx").read_bytes()

    for part in (0.5, 0.8, 0.9, 0.97):
        its = command(source)
        time.sleep(taken * part)
        its.kill()
        its.communicate(timeout=60)
        assert source.read_bytes() == before
        assert result.read_bytes() in (old, new)


def test_two_runs_at_once_leave_the_result_of_one(source: Path) -> None:
    result = source.with_name("customers.kam.xlsx")
    before = source.read_bytes()
    whole = {}
    for lang in ("zh", "en"):
        run("apply", source, "--no-report", "--lang", lang, "-o", other := source.with_name(lang))
        whole[other.read_bytes()] = lang

    runs = [command(source, "--lang", lang) for lang in ("zh", "en", "zh")]

    assert [its.communicate(timeout=120)[1] for its in runs] == [b"", b"", b""]
    assert whole[result.read_bytes()] in ("zh", "en")
    assert source.read_bytes() == before
    assert not list(source.parent.glob("*.tmp"))


def test_a_run_on_a_full_disk_keeps_the_old_result_and_says_why(source: Path) -> None:
    result = source.with_name("customers.kam.xlsx")
    before, old = source.read_bytes(), result.read_bytes()

    with full_disk(4096):
        said = run("apply", source, "--no-report", "--lang", "en")

    assert said.exit_code == 3
    assert "cannot open or write customers.kam.xlsx" in said.stdout + said.stderr
    assert (source.read_bytes(), result.read_bytes()) == (before, old)


def test_a_workbook_that_changes_during_the_run_is_not_annotated(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kamrules.annotate import write

    result = source.with_name("customers.kam.xlsx")
    old, writing = result.read_bytes(), write.write

    def late(*arguments: object) -> list[Path]:
        with source.open("ab") as file:
            file.write(b"\0")
        return writing(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(write, "write", late)

    said = run("apply", source, "--no-report", "--lang", "en")

    assert said.exit_code == 3
    assert "changed while it was being read" in said.stdout + said.stderr
    assert result.read_bytes() == old
