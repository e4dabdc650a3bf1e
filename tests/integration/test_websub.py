"""WebSub from the feed's announcement to the article's entry: a real hub, the real web port, a real Redis."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import urllib3

from tests.newssite import NewsSite, Request, answer, rss
from workers import stages
from workers.model import Feed
from workers.operate.web import serve
from workers.poll.urls import feed_id
from workers.poll.websub import Subscription
from workers.settings import FetchSettings, PollSettings, RedisSettings, Settings, WebSettings
from workers.stages import push
from workers.wiring import Parts

pytestmark = pytest.mark.servers

CONFIG = Path(__file__).parents[2] / "config"
OLD = "Mon, 02 Nov 2026 10:00:00 GMT"


class Hub:
    """A hub that verifies as soon as it is asked, and delivers signed bodies."""

    def __init__(self, site: NewsSite, *, verify: bool = True) -> None:
        self.verify = verify
        self.form: dict[str, str] = {}
        self.answers: list[tuple[int, bytes]] = []
        self.url = site.behave("/hub", self._subscribe)

    def _subscribe(self, request: Request) -> Iterator[bytes]:
        self.form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if self.verify:
            fields = {"hub.mode": "subscribe", "hub.topic": self.form["hub.topic"], "hub.challenge": "c-h-7"}
            self.answers.append(ask("GET", self.form["hub.callback"], fields={**fields, "hub.lease_seconds": "7200"}))
        yield answer(b"", 202)

    def deliver(self, body: bytes, *, secret: str = "", method: str = "sha256", **headers: str) -> int:
        digest = hmac.new((secret or self.form["hub.secret"]).encode(), body, method).hexdigest()
        sent = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/rss+xml", **headers}
        return ask("POST", self.form["hub.callback"], body=body, headers=sent)[0]


def ask(method: str, url: str, **options: object) -> tuple[int, bytes]:
    found = urllib3.request(method, url, retries=False, timeout=20, **options)  # type: ignore[arg-type]
    return found.status, found.data


class World:
    """One installation with a feed that announces a hub."""

    def __init__(self, parts: Parts, site: NewsSite, hub: Hub) -> None:
        self.parts, self.site, self.hub = parts, site, hub
        self.url = site.url("/feed")
        self.id = feed_id(self.url)
        parts.feeds.add(Feed(id=self.id, url=self.url, outlet="o"), due=datetime.now(UTC))

    def show(self, *numbers: int) -> None:
        links = f'<atom:link rel="hub" href="{self.hub.url}"/><atom:link rel="self" href="{self.url}"/>'
        self.site.serve("/feed", items(*numbers, extra=links))

    def poll(self) -> list[str]:
        self.parts.redis.delete(f"{self.parts.settings.redis.prefix}:host:{self.site.host}")  # no pacing between steps
        return stages.poll(self.parts, [self.id])

    def work(self) -> list[str]:
        self.parts.redis.delete(f"{self.parts.settings.redis.prefix}:host:{self.site.host}")
        return push.work(self.parts)

    @property
    def subscription(self) -> Subscription:
        found = self.parts.push.subscription(self.id)
        assert found is not None
        return found

    @property
    def wait(self) -> timedelta:
        state = self.parts.feeds.state(self.id)
        assert state.next_check_at is not None
        assert state.checked_at is not None
        return state.next_check_at - state.checked_at


def items(*numbers: int, extra: str = "") -> bytes:
    return rss([(f"خبر {n}", f"https://www.example.com/{n}", OLD) for n in numbers], extra=extra)


@pytest.fixture
def world(redis_url: str, unique_name: str, tmp_path: Path) -> Iterator[World]:
    with NewsSite() as site:
        config = Settings(
            data=tmp_path,
            config_dir=CONFIG,
            redis=RedisSettings(url=redis_url, prefix=unique_name),
            fetch=FetchSettings(allow_hosts=("127.0.0.0/8",), host_gap=0, host_gap_most=1e-6),
            poll=PollSettings(push_url="http://to-be-set"),
        )
        server = serve(Parts(config), WebSettings(port=0))
        base = PollSettings(push_url=f"http://127.0.0.1:{server.server_port}")
        made = World(Parts(config.model_copy(update={"poll": base})), site, Hub(site))
        made.show(1, 2)
        yield made
        server.shutdown()
        server.server_close()


def test_a_hub_is_asked_verifies_delivers_and_polling_becomes_daily(world: World) -> None:
    world.poll()
    assert world.subscription.word(datetime.now(UTC)) == "asked"
    world.work()
    assert world.hub.answers == [(200, b"c-h-7")]
    assert world.hub.form["hub.topic"] == world.url
    assert world.subscription.word(datetime.now(UTC)) == "waiting"
    assert world.subscription.lease == 7200
    world.poll()
    assert world.wait < timedelta(hours=1), "a hub that has delivered nothing is not relied on"

    assert world.hub.deliver(items(3)) == 202
    new = world.work()
    assert len(new) == 1
    row = world.parts.ledger.row(new[0])
    assert row is not None
    assert (row.entry.url, row.stage) == ("https://www.example.com/3", "fetch")
    assert world.parts.feeds.history(world.id)[0]["pushed"]

    world.show(3, 1, 2)
    assert world.poll() == [], "what push brought is not new"
    assert world.wait >= timedelta(days=1)
    assert world.parts.feeds.history(world.id)[0]["push"] == "live"
    assert world.parts.feeds.state(world.id).gaps == 0


def test_a_poll_that_finds_what_push_missed_ends_the_trust(world: World) -> None:
    world.poll()
    world.work()
    world.hub.deliver(items(3))
    world.work()
    world.show(4, 3, 1, 2)
    assert len(world.poll()) == 1
    assert world.wait <= timedelta(seconds=900)
    assert world.parts.feeds.history(world.id)[0]["push_missed"] == 1
    assert world.subscription.word(datetime.now(UTC)) == "distrusted"


def test_deliveries_that_are_not_the_hubs_change_nothing(world: World) -> None:
    world.poll()
    world.work()
    callback = world.hub.form["hub.callback"]
    assert world.hub.deliver(items(5), secret="guessed") == 202, "acknowledged, so that nobody learns what was wrong"
    assert world.hub.deliver(items(5), method="md5") == 202
    assert ask("POST", callback, body=items(5))[0] == 202
    assert world.work() == []
    assert world.subscription.pushes == 0
    assert ask("POST", callback[:-1] + "x", body=items(5))[0] == 404
    assert ask("POST", f"{callback.rpartition('/websub/')[0]}/websub/nofeed/{'0' * 32}", body=b"x")[0] == 410
    assert world.hub.deliver(b"x" * 3_000_001) == 413
    assert world.hub.deliver(b"x", **{"Content-Encoding": "gzip"}) == 415
    for changed in ({"hub.mode": "unsubscribe"}, {"hub.topic": "https://elsewhere.example/"}, {"hub.challenge": ""}):
        fields = {"hub.mode": "subscribe", "hub.topic": world.url, "hub.challenge": "c", **changed}
        assert ask("GET", callback, fields=fields)[0] == 404


def test_a_delivery_that_cannot_be_read_is_a_hint(world: World) -> None:
    world.poll()
    world.work()
    before = world.parts.feeds.state(world.id).next_check_at
    assert before is not None
    assert world.hub.deliver(b"") == 202
    assert world.work() == []
    assert world.parts.feeds.claim_due(now=datetime.now(UTC), limit=9, lease=60) == [world.id]


def test_the_same_delivery_is_read_once_and_a_lost_reader_costs_nothing(world: World) -> None:
    world.poll()
    world.work()
    for method in ("sha1", "sha512", "sha256"):
        assert world.hub.deliver(items(7), method=method) == 202
    now = datetime.now(UTC)
    assert len(world.parts.push.claim_deliveries(now=now, limit=9, lease=60)) == 1, "its reader is killed now"
    assert world.parts.push.claim_deliveries(now=now, limit=9, lease=60) == []
    (again,) = world.parts.push.claim_deliveries(now=now + timedelta(seconds=61), limit=9, lease=60)
    assert again.body == items(7)


def test_a_lease_is_renewed_and_one_that_ended_is_polled_at_once(world: World) -> None:
    world.poll()
    world.work()
    due = world.parts.push.claim_due(now=datetime.now(UTC) + timedelta(seconds=5800), limit=9, lease=60)
    assert due == [world.id], "before the two hours end"
    ended = datetime.now(UTC) - timedelta(minutes=1)
    world.parts.push.keep(replace(world.subscription, expires_at=ended, pushes=1), due=ended)
    world.parts.feeds.hasten(world.id, due=datetime.now(UTC) + timedelta(days=1))
    world.hub.verify = False
    world.work()
    assert world.parts.feeds.claim_due(now=datetime.now(UTC), limit=9, lease=60) == [world.id]
    assert world.subscription.word(datetime.now(UTC)) == "lapsed"
    assert world.subscription.tries == 1


def test_denial_and_removal(world: World) -> None:
    world.poll()
    world.hub.verify = False
    world.work()
    callback = world.hub.form["hub.callback"]
    fields = {"hub.mode": "denied", "hub.topic": world.url, "hub.reason": "no"}
    assert ask("GET", callback, fields=fields)[0] == 200
    assert (world.subscription.state, world.subscription.note) == ("denied", "denied by the hub: no")
    world.parts.feeds.remove(world.id)
    world.parts.push.postpone(world.id, due=datetime.now(UTC))
    world.work()
    assert ask("POST", callback, body=b"x")[0] == 410


def test_without_an_address_of_ours_no_hub_is_asked(world: World) -> None:
    off = Parts(world.parts.settings.model_copy(update={"poll": PollSettings()}))
    stages.poll(off, [world.id])
    assert off.push.subscription(world.id) is None
    assert not stages.sweep(off).push


def test_signatures_are_of_the_body(world: World) -> None:
    world.poll()
    world.work()
    secret = world.hub.form["hub.secret"].encode()
    wrong = hmac.new(secret, b"another", hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature": f"sha256={wrong}", "Content-Type": "application/rss+xml"}
    assert ask("POST", world.hub.form["hub.callback"], body=items(9), headers=headers)[0] == 202
    assert world.work() == []
