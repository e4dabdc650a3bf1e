"""Traces by OpenTelemetry's own instrumentations, off until `trace.endpoint` names a collector (extra `otel`).

One trace follows a hint through the queues: sweep → poll → fetch → make → index → alert, with every call to Redis, to
Elasticsearch (its client traces itself) and to hosts beneath it. Of addresses only scheme and host are told, of Redis
commands no value: both can hold secrets.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from workers import __version__
from workers.errors import Fault, UserError
from workers.settings import TraceSettings


def start(settings: TraceSettings, service: str) -> bool:
    """Trace this process as `service`; call it after a fork, never before. False: no endpoint is set.

    Raises `UserError` where the packages are missing.
    """
    if settings.endpoint is None:
        return False
    try:
        _provide(settings, service)
        _instrument()
    except ImportError as error:
        mend = "pip install 'rasid[otel]', or unset RASID_TRACE_ENDPOINT"
        raise UserError(Fault("trace.endpoint", f"OpenTelemetry is not installed ({error.name})", mend)) from None
    return True


def _provide(settings: TraceSettings, service: str) -> None:
    from opentelemetry import trace  # noqa: PLC0415 - only where traces are wanted
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

    named = Resource.create({"service.namespace": "rasid", "service.name": service, "service.version": __version__})
    provider = TracerProvider(resource=named, sampler=ParentBasedTraceIdRatio(settings.share))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.endpoint)))
    trace.set_tracer_provider(provider)


def _instrument() -> None:
    from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.redis import RedisInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor  # noqa: PLC0415

    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    RedisInstrumentor().instrument()
    URLLib3Instrumentor().instrument(url_filter=without_secrets)


def without_secrets(url: str) -> str:
    """Scheme and host of an address: user, path and query of a webhook's are secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}"
