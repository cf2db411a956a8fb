"""The plain C loop of floor.c over the rows of the 12-rule table: the floor under every engine."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
from workloads import TIERING, outputs

from kamrules.engine.decide import CompiledTable

ORDER = ("sales", "share", "overdue", "since")


def compiler() -> str | None:
    """Return the C compiler of this machine, None where there is none."""
    return shutil.which("cc")


def prepared(
    rows: pl.DataFrame, *, coded: bool
) -> tuple[Callable[[], Any], Callable[[], list[int]]]:
    """Return the loop over some rows, and what reads the rules it found.

    *coded* gives it the text column as small numbers, so that it compares no text at all.
    """
    library = ctypes.CDLL(str(_built()))
    linked = TIERING.linked()
    regions = CompiledTable(linked, {}).regions
    along = {d.column: d.axis for d in regions.dimensions if d.axis}
    sizes = [d.axis.size for d in regions.dimensions if d.axis]
    strides = {}
    step = 1
    for dimension, size in zip(reversed(regions.dimensions), reversed(sizes), strict=True):
        strides[dimension.column], step = step, step * size
    policy = CompiledTable(linked, {}).policy
    grid = []
    for codes in product(*(range(size) for size in sizes)):
        state = regions.start
        for n, code in enumerate(codes):
            state = regions.narrowed(state, n, code)
        grid.append(policy.resolve(state.true, state.true).rules[0])
    n, given = rows.height, outputs(linked)
    words = sorted(along["category"].classes, key=along["category"].classes.__getitem__)
    place = {w: i for i, w in enumerate(words, 1)}
    texts = rows["category"].to_list()
    offsets = array("q", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text.encode()))
    cuts = [_filled(ctypes.c_double, along[c].cuts) for c in ORDER]
    found = (ctypes.c_int16 * n)()
    tiers = sorted({g[0] for g in given})
    arguments = (
        ctypes.c_int64(n),
        *(_filled(ctypes.c_double, rows[c].to_list()) for c in ORDER[:3]),
        _filled(ctypes.c_int32, rows["since"].to_physical().to_list()),
        _filled(ctypes.c_uint8, [place.get(t, 0) for t in texts]) if coded else None,
        _filled(ctypes.c_int64, offsets),
        ctypes.c_char_p("".join(texts).encode()),
        len(words),
        (ctypes.c_char_p * len(words))(*(w.encode() for w in words)),
        _filled(ctypes.c_int32, [len(along[c].cuts) for c in ORDER]),
        (ctypes.POINTER(ctypes.c_double) * 4)(
            *(ctypes.cast(c, ctypes.POINTER(ctypes.c_double)) for c in cuts)
        ),
        _filled(ctypes.c_int32, [strides[c] for c in ORDER]),
        _filled(ctypes.c_int32, [i * strides["category"] for i in range(len(words) + 1)]),
        _filled(ctypes.c_int16, grid),
        _filled(ctypes.c_uint8, [tiers.index(g[0]) for g in given]),
        _filled(ctypes.c_double, [g[1] for g in given]),
        _filled(ctypes.c_double, [g[2] for g in given]),
        found,
        (ctypes.c_uint8 * n)(),
        (ctypes.c_double * n)(),
        (ctypes.c_double * n)(),
    )
    return (lambda: library.decide(*arguments)), (lambda: list(found))


def _built() -> Path:
    found = compiler()
    if found is None:
        raise FileNotFoundError("no C compiler")
    target = Path(tempfile.mkdtemp()) / "floor.so"
    source = Path(__file__).with_name("floor.c")
    subprocess.run(
        [found, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(target), str(source)],
        check=True,
    )
    return target


def _filled(kind: Any, values: Sequence[Any]) -> Any:
    return (kind * len(values))(*values)
