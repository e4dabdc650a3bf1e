"""The Celery app with two kinds of page in it that no parser has been found to have: one that kills, one that hangs.

Only the chaos bench starts workers with this app. What follows the call is the real flow: a process that is gone, or
one that does not come back.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from workers.bench.chaos_marks import HANGS, KILLS
from workers.celery import app
from workers.pipeline import Made, Pipeline

__all__ = ["app"]

_make = Pipeline.make


def _make_or_die(self: Pipeline, page: Any, html: str, **options: Any) -> Made:
    if KILLS in html:
        os.kill(os.getpid(), signal.SIGKILL)
    if HANGS in html:
        threading.Event().wait()
    return _make(self, page, html, **options)


Pipeline.make = _make_or_die  # type: ignore[method-assign]
