"""Structured logs: one JSON object a line on standard error, with the entry's id bound through all stages."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from workers.mask import mask
from workers.settings import LogSettings


def _masked(_: object, __: str, line: Any) -> str:
    """The rendered line, whatever brought a secret into it: a field, a message of a library, a traceback."""
    return mask(str(line))


def configure(settings: LogSettings) -> None:
    """Set up structlog and the standard library's loggers (celery, urllib3, elasticsearch) to speak the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.json_lines
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
            _masked,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    logging.getLogger("apprise").propagate = False  # quotes tokens; what it says of a failure is kept with the delivery
    for noisy in (
        "elastic_transport",
        "trafilatura",
        "htmldate",
        "urllib3",
        "celery.beat",  # says at each tick that it ticks
        "celery.worker.request",  # says of each sweep that came too late that it did
        "celery.worker.strategy",
        "celery.app.trace",
    ):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
