"""Sending: one alert to the one channel that it is due at, and the round that empties the outbox.

A channel's answer is one of three: taken, `Retry` (it may take it later), `Quarantine` (it never will). Webhooks go
through the guarded client, signed (HMAC-SHA256 over "<timestamp>.<body>") and with an idempotency key; mail, Slack,
Telegram and the like through Apprise; `file` and `log` stay on this machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import apprise
import structlog

from workers.alert import render
from workers.alert.channels import Channel, secret, with_secrets
from workers.alert.message import Around, Links, Message, message_of
from workers.alert.rules import FILE, load_rules
from workers.errors import Quarantine, Retry
from workers.fetch.http import Client, FetchError, Limits
from workers.model import Alert
from workers.settings import AlertSettings

log = structlog.get_logger()

_LIMITS = Limits(wire=65_536, body=65_536, seconds=20)
_TAIL = 1_000_000
"""Bytes at a file's end in which a repeated delivery is looked for: some thousand messages, sent within its lease."""
_HOPELESS = frozenset({"bad_url", "refused_address"})
"""Ends of a request that the same address will meet again."""
_LATER = frozenset({408, 421, 425, 429})


class Sender:
    """Channels by name, and how each is spoken to."""

    def __init__(
        self,
        channels: Callable[[], Mapping[str, Channel]],
        client: Client,
        wording: render.Wording,
        *,
        links: Links,
        data: Path,
        around: Around | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`channels`: asked for each message. `data`: the folder that `file` channels write into. `around`:
        what else a message tells; None: only what the alert itself says."""
        self.channels = channels
        self._client = client
        self._wording = wording
        self._links = links
        self._data = data
        self._around = around
        self._environ = environ
        self._clock = clock

    @classmethod
    def load(
        cls, config_dir: Path, client: Client, settings: AlertSettings, *, data: Path, around: Around | None = None
    ) -> Sender:
        """Channels of config/alerts.yaml as it is now, words of config/messages.yaml. A faulty channel is missing."""
        links = Links(page=settings.page_url, kibana=settings.kibana_url, zone=ZoneInfo(settings.timezone))
        wording = render.load_wording(config_dir)
        return cls(_FileChannels(config_dir), client, wording, links=links, data=data, around=around)

    def send(self, alert: Alert) -> None:
        """Send `alert` to its one channel. Neither the article nor the rule is asked: both may have changed.

        Raises `Retry` when waiting may help, `Quarantine` when it cannot.
        """
        name = alert.channels[0]
        channel = self.channels().get(name)
        if channel is None:
            raise Quarantine(f"there is no channel {name} in config/alerts.yaml")
        if alert.extra.get("interrupted") and not channel.repeat:
            raise Quarantine("a sender died while sending this; whether it arrived is not known, and repeat is off")
        message = message_of(alert, self._links, self._around)
        match channel.kind:
            case "log":
                self._log(alert, message)
            case "file":
                self._file(channel, alert, message)
            case "webhook":
                self._webhook(channel, alert, message)
            case "apprise":
                self._apprise(channel, alert, message)

    def _json(self, alert: Alert, message: Message) -> dict[str, Any]:
        return render.as_json(message, id_=alert.id, delivery_id=alert.extra.get("delivery_id", alert.id), at=alert.at)

    def _log(self, alert: Alert, message: Message) -> None:
        titles = [item.title for item in message.items]
        log.info("alert", alert=alert.id, rule=message.rule, name=message.name, kind=message.kind, titles=titles)

    def _file(self, channel: Channel, alert: Alert, message: Message) -> None:
        path = self._data / channel.target
        said = self._json(alert, message)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not _holds(file, said["delivery_id"]):  # else its sender died, or Redis lost that it was sent
                    file.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise Retry(f"{path.name} cannot be written: {error.strerror}") from None

    # --- webhook ---

    def _webhook(self, channel: Channel, alert: Alert, message: Message) -> None:
        key = secret(channel.secret, self._environ)
        body = json.dumps(self._json(alert, message), ensure_ascii=False).encode()
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": alert.extra.get("delivery_id", alert.id),
            "X-Rasid-Timestamp": timestamp,
            "X-Rasid-Signature": f"sha256={signature(key, timestamp, body)}",
        }
        try:
            address = with_secrets(channel.target, self._environ)
            answer = self._client.post(address, body=body, headers=headers, limits=_LIMITS)
        except FetchError as error:
            if error.kind in _HOPELESS:
                raise Quarantine(f"{channel.name}: {error.message}") from None
            raise Retry(f"{channel.name}: {error.kind}") from None
        _judge(channel.name, answer.status, answer.headers.get("Retry-After"))

    # --- apprise ---

    def _apprise(self, channel: Channel, alert: Alert, message: Message) -> None:
        plugin = apprise.Apprise.instantiate(with_secrets(channel.target, self._environ))
        if plugin is None:
            raise Quarantine(f"{channel.name}: Apprise does not know this address")
        body, body_format = self._body(plugin, alert, message)
        with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
            taken = plugin.notify(
                title=render.subject(message, self._wording), body=body, body_format=body_format, notify_type="info"
            )
            reason = said.getvalue().strip().splitlines()[-1:] if not taken else []
        if not taken:
            raise Retry(f"{channel.name}: {(reason or ['refused'])[0][-300:]}")

    def _body(self, plugin: Any, alert: Alert, message: Message) -> tuple[str, str]:
        """Mail gets the page, other services that read HTML the simple form, the rest plain text."""
        if plugin.protocol == "mailto":
            plugin.headers["X-Rasid-Delivery"] = alert.extra.get("delivery_id", alert.id)
            return render.html(message, self._wording), apprise.NotifyFormat.HTML
        formats = plugin.notify_format if isinstance(plugin.notify_format, tuple) else (plugin.notify_format,)
        if apprise.NotifyFormat.HTML in formats:
            return render.simple_html(message, self._wording), apprise.NotifyFormat.HTML
        return render.plain(message, self._wording), apprise.NotifyFormat.TEXT


class _FileChannels:
    """The channels of config/alerts.yaml, read again when the file has changed."""

    def __init__(self, config_dir: Path) -> None:
        self._config_dir = config_dir
        self._read_at: int | None = None
        self._channels: Mapping[str, Channel] = {}

    def __call__(self) -> Mapping[str, Channel]:
        path = self._config_dir / FILE
        changed = path.stat().st_mtime_ns if path.exists() else 0
        if changed != self._read_at:
            self._channels, self._read_at = load_rules(self._config_dir).channels, changed
        return self._channels


def _holds(file: FileIO, delivery_id: str) -> bool:
    """Whether one of the last lines of `file` is of this delivery."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
    return f'"delivery_id": {json.dumps(delivery_id)}'.encode() in file.readall()


def signature(key: str, timestamp: str, body: bytes) -> str:
    """What `X-Rasid-Signature` carries after `sha256=`: HMAC-SHA256 of "<timestamp>.<body>", hexadecimal."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _judge(name: str, status: int, retry_after: str | None) -> None:
    if 200 <= status < 300 or status == 409:  # 409: the receiver has seen this idempotency key
        return
    if status >= 500 or status in _LATER:
        after = float(retry_after) if retry_after and retry_after.isdigit() else None
        raise Retry(f"{name}: HTTP {status}", after=after)
    raise Quarantine(f"{name}: HTTP {status}")


# --- the round ---------------------------------------------------------------------------------------------------


class DeliveryQueue(Protocol):
    """What the round needs of `store.outbox.RedisOutbox`."""

    def due(self, *, now: datetime, limit: int, lease: float) -> list[Alert]: ...
    def delivered(self, alert: str, channel: str, *, at: datetime) -> None: ...
    def retry(
        self, alert: Alert, reason: str, *, now: datetime, after: float | None = None, burn: bool = True
    ) -> str: ...
    def dead(self, alert: Alert, reason: str, *, now: datetime) -> None: ...
    def flush(self) -> None: ...


def deliver_due(
    outbox: DeliveryQueue,
    sender: Sender,
    settings: AlertSettings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Send what is due, once round; returns how many deliveries were taken by their channels."""
    sent = 0
    for alert in outbox.due(now=clock(), limit=settings.batch, lease=settings.lease):
        with structlog.contextvars.bound_contextvars(entry=alert.article, stage="deliver"):
            sent += _deliver(alert, outbox, sender, clock)
    outbox.flush()
    return sent


def _deliver(alert: Alert, outbox: DeliveryQueue, sender: Sender, clock: Callable[[], datetime]) -> bool:
    """Send one; whatever comes of it is written to the outbox. True: its channel took it."""
    channel = alert.channels[0]
    try:
        sender.send(alert)
    except Retry as retry:
        state = outbox.retry(alert, retry.reason, now=clock(), after=retry.after, burn=retry.burn_attempt)
        log.info("alert not sent", alert=alert.id, channel=channel, reason=retry.reason, state=state)
        return False
    except Quarantine as end:
        outbox.dead(alert, end.reason, now=clock())
        log.warning("alert is a dead letter", alert=alert.id, channel=channel, reason=end.reason)
        return False
    except Exception as error:  # a defect: counted and tried again, and in the end a dead letter
        log.exception("sending failed", alert=alert.id, channel=channel)
        outbox.retry(alert, f"{type(error).__name__}: {error}"[:300], now=clock())
        return False
    outbox.delivered(alert.id, channel, at=clock())
    log.info("alert sent", alert=alert.id, channel=channel, rule=alert.rule)
    return True
