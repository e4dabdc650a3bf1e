"""Delivery to real receivers on loopback: HTTP with a signature check, SMTP, a file; and what follows their answers."""

from __future__ import annotations

import email
import hmac
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from workers.alert import render
from workers.alert.channels import Channel
from workers.alert.deliver import Sender, deliver_due
from workers.alert.message import Links
from workers.fetch.http import Client
from workers.model import Alert
from workers.settings import AlertSettings, FetchSettings
from workers.store.outbox import RedisOutbox

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "correct horse"
ENVIRON = {"RASID_SECRET_HOOK": SECRET}
SETTINGS = AlertSettings()


@dataclass
class Hook:
    """A receiver that checks signatures and answers as it is told; `seen` holds bodies by idempotency key."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: int = 0


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.calls += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = self.headers["X-Rasid-Timestamp"].encode() + b"." + body
            wanted = "sha256=" + hmac.digest(SECRET.encode(), signed, "sha256").hex()
            good = hmac.compare_digest(wanted, self.headers["X-Rasid-Signature"])
            status, headers = found.answers.pop(0) if found.answers else (204, {})
            if not good:
                status, headers = 401, {}
            elif status < 300:
                found.seen[self.headers["Idempotency-Key"]] = json.loads(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield found
        server.shutdown()


class Mailbox:
    """An SMTP receiver."""

    def __init__(self) -> None:
        self.mails: list[email.message.Message] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(email.message_from_bytes(envelope.content or b""))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def outbox(redis_client: redis.Redis, unique_name: str) -> RedisOutbox:
    return RedisOutbox(redis_client, unique_name, SETTINGS)


def sender(tmp_path: Path, *channels: Channel, allow: tuple[str, ...] = ("127.0.0.1",)) -> Sender:
    wording = render.load_wording(Path("config"))
    client = Client(FetchSettings(allow_hosts=allow))
    named = {channel.name: channel for channel in channels}
    return Sender(lambda: named, client, wording, links=Links(), data=tmp_path, environ=ENVIRON)


def alert(channel: str, number: int = 1) -> Alert:
    facts = {
        "name": "قاعدة",
        "query": "الناتو",
        "title": f"خبر {number}",
        "url": "https://marfa.example/1",
        "outlet": "marfa",
    }
    return Alert(
        id=f"{number:032x}",
        rule="nato",
        article=f"a{number}",
        at=NOW,
        highlights=("قال \u0002للناتو\u0003 دور.",),
        channels=(channel,),
        extra=facts,
    )


def webhook(hook: Hook, **changes: Any) -> Channel:
    return Channel(name="hook", kind="webhook", target=hook.url, secret="RASID_SECRET_HOOK", **changes)


def run(outbox: RedisOutbox, sending: Sender, at: datetime = NOW) -> int:
    return deliver_due(outbox, sending, SETTINGS, clock=lambda: at)


def test_a_webhook_gets_a_signed_body_with_an_idempotency_key(outbox: RedisOutbox, hook: Hook, tmp_path: Path) -> None:
    outbox.record([alert("hook")])
    assert run(outbox, sender(tmp_path, webhook(hook))) == 1
    key = f"{alert('hook').id}-hook"
    assert hook.seen[key]["articles"][0]["highlights"] == ["قال \u0002للناتو\u0003 دور."]
    assert hook.seen[key]["delivery_id"] == key
    assert run(outbox, sender(tmp_path, webhook(hook))) == 0


def test_a_receiver_that_is_down_gets_it_later_and_once(outbox: RedisOutbox, hook: Hook, tmp_path: Path) -> None:
    hook.answers = [(503, {}), (429, {"Retry-After": "600"})]
    outbox.record([alert("hook")])
    sending = sender(tmp_path, webhook(hook))
    assert run(outbox, sending) == 0
    assert run(outbox, sending, NOW + timedelta(seconds=29)) == 0
    assert run(outbox, sending, NOW + timedelta(seconds=31)) == 0
    assert run(outbox, sending, NOW + timedelta(seconds=31 + 599)) == 0
    assert run(outbox, sending, NOW + timedelta(seconds=31 + 601)) == 1
    assert (hook.calls, len(hook.seen)) == (3, 1)


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "HTTP 404"), (301, "HTTP 301"), (410, "HTTP 410"), (400, "HTTP 400")]
)
def test_an_answer_that_will_not_change_makes_a_dead_letter(
    outbox: RedisOutbox, hook: Hook, tmp_path: Path, status: int, reason: str
) -> None:
    hook.answers = [(status, {"Location": "https://elsewhere.example/"} if status == 301 else {})]
    outbox.record([alert("hook")])
    assert run(outbox, sender(tmp_path, webhook(hook))) == 0
    assert [reason in letter.reason for letter in outbox.dead_letters(limit=5)] == [True]


def test_a_receiver_that_knows_the_key_already_has_it(outbox: RedisOutbox, hook: Hook, tmp_path: Path) -> None:
    hook.answers = [(409, {})]
    outbox.record([alert("hook")])
    assert run(outbox, sender(tmp_path, webhook(hook))) == 1


def test_a_webhook_inside_the_network_is_refused_unless_allowed(
    outbox: RedisOutbox, hook: Hook, tmp_path: Path
) -> None:
    outbox.record([alert("hook")])
    assert run(outbox, sender(tmp_path, webhook(hook), allow=())) == 0
    assert hook.calls == 0
    assert len(outbox.dead_letters(limit=5)) == 1


def test_a_missing_secret_is_named_and_nothing_is_sent(outbox: RedisOutbox, hook: Hook, tmp_path: Path) -> None:
    outbox.record([alert("hook")])
    channel = Channel(name="hook", kind="webhook", target=hook.url, secret="RASID_SECRET_OTHER")
    assert run(outbox, sender(tmp_path, channel)) == 0
    assert "RASID_SECRET_OTHER" in outbox.dead_letters(limit=1)[0].reason
    assert hook.calls == 0


def test_with_repeat_off_an_interrupted_delivery_is_not_sent_twice(
    outbox: RedisOutbox, hook: Hook, tmp_path: Path
) -> None:
    outbox.record([alert("hook")])
    outbox.due(now=NOW, limit=1, lease=10)  # a sender takes it and dies
    assert run(outbox, sender(tmp_path, webhook(hook, repeat=False)), NOW + timedelta(seconds=11)) == 0
    assert hook.calls == 0
    assert "not known" in outbox.dead_letters(limit=1)[0].reason


def test_mail_arrives_from_right_to_left_with_both_bodies(
    outbox: RedisOutbox, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = mailbox
    address = f"mailto://127.0.0.1:{port}?from=rasid@news.example&to=desk@news.example&mode=insecure"
    outbox.record([alert("mail")])
    assert run(outbox, sender(tmp_path, Channel(name="mail", kind="apprise", target=address))) == 1
    (mail,) = box.mails
    subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
    bodies = {
        part.get_content_type(): part.get_payload(decode=True).decode()
        for part in mail.walk()
        if not part.is_multipart()
    }
    assert "خبر 1" in subject
    assert mail["X-Rasid-Delivery"] == f"{alert('mail').id}-mail"
    assert 'dir="rtl"' in bodies["text/html"]
    assert ">للناتو</mark>" in bodies["text/html"]
    assert "للناتو" in bodies["text/plain"]


def test_a_mail_server_that_is_away_is_tried_again(outbox: RedisOutbox, tmp_path: Path) -> None:
    address = f"mailto://127.0.0.1:{_free_port()}?from=rasid@news.example&to=desk@news.example&mode=insecure"
    outbox.record([alert("mail")])
    assert run(outbox, sender(tmp_path, Channel(name="mail", kind="apprise", target=address))) == 0
    assert outbox.counts() == {"recorded": 1, "due": 1, "dead": 0}


def test_a_file_gets_a_line_a_message_and_an_unknown_channel_a_dead_letter(outbox: RedisOutbox, tmp_path: Path) -> None:
    outbox.record([alert("desk", 1), alert("desk", 2), alert("nowhere", 3)])
    desk = Channel(name="desk", kind="file", target="out/alerts.jsonl")
    assert run(outbox, sender(tmp_path, desk)) == 2
    lines = (tmp_path / "out" / "alerts.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["articles"][0]["title"] for line in lines) == ["خبر 1", "خبر 2"]
    assert "no channel nowhere" in outbox.dead_letters(limit=1)[0].reason


def test_a_file_gets_no_line_twice_though_its_sender_died_before_it_could_say_so(
    outbox: RedisOutbox, tmp_path: Path
) -> None:
    outbox.record([alert("desk")])
    desk = sender(tmp_path, Channel(name="desk", kind="file", target="alerts.jsonl"))
    (taken,) = outbox.due(now=NOW, limit=1, lease=10)
    desk.send(taken)  # written, and then the sender is killed
    assert run(outbox, desk, NOW + timedelta(seconds=11)) == 1
    assert len((tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()) == 1
    assert outbox.counts()["due"] == 0
    outbox.resend(alert("desk").id, "desk", now=NOW)  # a person asks for it: that is another delivery
    assert run(outbox, desk, NOW + timedelta(seconds=60)) == 1
    assert len((tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()) == 2


def test_the_log_channel_needs_nobody(outbox: RedisOutbox, tmp_path: Path) -> None:
    outbox.record([alert("log")])
    assert run(outbox, sender(tmp_path, Channel(name="log", kind="log"))) == 1
