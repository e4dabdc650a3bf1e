"""The Celery queues: stages that wait or fail on their own."""

QUEUES = ("sweep", "poll", "fetch", "make", "index", "alert")

THREAD_QUEUES = tuple(name for name in QUEUES if name != "make")
"""Mostly waiting: one threads worker serves them. `make` is CPU: a prefork worker, a process a core."""
