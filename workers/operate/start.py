"""What must be there before work can begin, and is waited for where it is not.

An installation that runs for months starts with its machine, and its servers come back in any order. Without Redis
nothing can go on, so it is waited for. Without the index everything can but storing: work begins, what is made waits
compressed in Redis, and the index is made when it answers. What only a person can mend ends the start with a sentence.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import redis
import structlog
from redis.exceptions import AuthenticationError, AuthorizationError

from workers.errors import Retry
from workers.mask import mask
from workers.wiring import Parts

EVERY = 5.0
"""Seconds between two tries."""
SAY_EVERY = 60.0

log = structlog.get_logger("rasid.start")


def wait_for_redis(client: redis.Redis, stopped: Callable[[], bool], *, every: float = EVERY) -> bool:
    """Return when Redis answers; False where it was `stopped` meanwhile. A password that is refused is an error."""
    said = float("-inf")
    while not stopped():
        try:
            client.ping()
        except (AuthenticationError, AuthorizationError):
            raise
        except (redis.ConnectionError, redis.TimeoutError) as away:
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                log.warning("redis does not answer, waiting for it", problem=mask(str(away)))
            time.sleep(every)
        else:
            return True
    return False


def make_index(parts: Parts, *, every: float = EVERY) -> bool:
    """Make what is missing of the index; False while it is away, and a thread makes it once it answers.

    Raises `UserError` where it is there and a person must act.
    """
    try:
        _make(parts)
    except Retry as away:
        log.warning("the index is away", reason=away.reason, effect="work begins, and waits for it in Redis")
        threading.Thread(target=_make_later, args=(parts, every), name="make-index", daemon=True).start()
        return False
    return True


def _make_later(parts: Parts, every: float) -> None:
    said = time.monotonic()
    while True:
        time.sleep(every)
        try:
            _make(parts)
        except Exception as problem:  # whatever a person mends meanwhile, nobody else would make it
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                log.warning("the index is still missing", problem=mask(str(problem)))
        else:
            return


def _make(parts: Parts) -> None:
    from workers.index.faults import waiting  # noqa: PLC0415 - brings a client that the embedded index needs not

    with waiting():
        done = (*parts.index.init(), *parts.alert_history.init())
    for line in done:
        log.info("index", done=line)
