"""A wall clock that is wrong by the seconds that a file says, for processes that are told so before they import much.

`time.time` and `datetime.now` are replaced; monotonic time, timers and sleeping stay true, as when a person or NTP sets
a machine's clock. libfaketime cannot serve: under it Python's `time.sleep` fails with EINVAL.
"""

from __future__ import annotations

import copyreg
import datetime as module
import os
import time
from pathlib import Path
from typing import Any

from workers.bench.chaos_marks import CLOCK_FILE

_EVERY = 0.1
"""Seconds after which the file is read again."""
_true_time = time.time
_true_datetime = module.datetime


class Offset:
    """Seconds by which the clock is wrong, as the file says."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at = float("-inf")
        self._seconds = 0.0

    def __call__(self) -> float:
        now = time.monotonic()
        if now - self._read_at > _EVERY:
            self._read_at = now
            self._seconds = float(self._file.read_text() or 0) if self._file.exists() else 0.0
        return self._seconds


class _Like(type):
    """Datetimes made in C are datetimes too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _true_datetime)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, _true_datetime)


def rebuild(*state: Any) -> module.datetime:
    """A datetime out of its pickle, which names this function because the true class has lost its name."""
    return _true_datetime(*state)


def install() -> None:
    """Make this process's wall clock follow the file that the environment names."""
    offset = Offset(Path(os.environ[CLOCK_FILE]))

    class Shifted(_true_datetime, metaclass=_Like):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return _true_datetime.fromtimestamp(_true_time() + offset(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now(module.UTC).replace(tzinfo=None)

    Shifted.__name__ = Shifted.__qualname__ = "datetime"
    time.time = lambda: _true_time() + offset()
    module.datetime = Shifted  # type: ignore[misc]
    copyreg.pickle(_true_datetime, lambda moment: (rebuild, tuple(moment.__reduce_ex__(4)[1])))
