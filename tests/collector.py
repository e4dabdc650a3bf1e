"""A collector of OpenTelemetry traces on loopback, for tests: speaks OTLP over HTTP as far as an exporter needs."""

from __future__ import annotations

import gzip
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector(ThreadingHTTPServer):
    """Keeps every span that it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[tuple[str, str, dict[str, str]]] = []
        """Trace id, name, attributes of each span (with its service)."""

    @property
    def traces(self) -> dict[str, set[str]]:
        """Trace id → the names of its spans."""
        found: dict[str, set[str]] = {}
        for trace, name, _ in list(self.spans):
            found.setdefault(trace, set()).add(name)
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {item.key: item.value.string_value for item in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found = told | {item.key: str(item.value) for item in span.attributes}
                    self.server.spans.append((span.trace_id.hex(), span.name, found))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...
