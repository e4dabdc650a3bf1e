"""Tracing: off by default, a missing package is a sentence, no secret in an address. The flow that is traced:
`test_least_rights`."""

from __future__ import annotations

import sys

import pytest

from workers.errors import UserError
from workers.operate.trace import start, without_secrets
from workers.settings import TraceSettings


def test_without_an_endpoint_nothing_is_traced() -> None:
    from opentelemetry import trace
    from opentelemetry.instrumentation.celery import CeleryInstrumentor

    assert start(TraceSettings(), "io") is False
    assert not CeleryInstrumentor().is_instrumented_by_opentelemetry
    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(UserError, match="rasid\\[otel\\]"):
        start(TraceSettings(endpoint="http://127.0.0.1:1/v1/traces"), "io")


def test_secrets_in_addresses_are_not_told() -> None:
    assert without_secrets("https://user:pw@hooks.test:8443/T0/secret?token=x#y") == "https://hooks.test"
