"""What Elasticsearch's errors mean for the flow: away and busy is waiting, and said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from elastic_transport import ApiError as AnyApiError
from elasticsearch import ApiError, TransportError

from workers.errors import Retry


def reason_of(error: Exception) -> str:
    """One line for a person."""
    if isinstance(error, AnyApiError):
        return f"Elasticsearch answered {error.meta.status}: {str(error)[:300]}"
    return f"Elasticsearch does not answer: {str(error).splitlines()[0][:300]}"


@contextmanager
def waiting() -> Iterator[None]:
    """Inside, an Elasticsearch that is away or busy becomes a `Retry` that costs nobody an attempt."""
    try:
        yield
    except TransportError as error:
        raise Retry(reason_of(error), burn_attempt=False) from error
    except ApiError as error:
        if error.status_code in {429, 502, 503, 504}:
            raise Retry(reason_of(error), burn_attempt=False) from error
        raise
