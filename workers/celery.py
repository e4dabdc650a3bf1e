"""The Celery app: queues, settings with their reasons, beat."""
