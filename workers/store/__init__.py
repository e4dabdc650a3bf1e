"""Where things are kept: Redis, SQLite, the page archive. `open_…` gives each from the settings."""

from __future__ import annotations

import redis

from workers.settings import Settings
from workers.store.feeds import RedisFeeds
from workers.store.push import RedisPush
from workers.store.redisserver import redis_url

__all__ = ["open_feeds", "open_redis"]


def open_redis(settings: Settings) -> redis.Redis:
    """A client of the configured Redis, or of the embedded one (started for as long as this process lives)."""
    return redis.Redis.from_url(
        redis_url(settings),
        socket_timeout=30,  # the default waits for ever on a dead path
        socket_connect_timeout=5,
        socket_keepalive=True,
        health_check_interval=25,
    )


def open_feeds(settings: Settings) -> RedisFeeds:
    """Feeds and what polling learned of them."""
    return RedisFeeds(open_redis(settings), settings.redis.prefix)


def open_push(settings: Settings) -> RedisPush:
    """WebSub subscriptions and what hubs delivered."""
    return RedisPush(open_redis(settings), settings.redis.prefix)
