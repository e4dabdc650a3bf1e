"""The three named exits of a stage, and the fault that a person can mend.

A stage that cannot go on raises one of `Retry`, `Quarantine` and `Drop`; the task that called it writes what they say
to the ledger. Any other exception is a defect: it is counted as an attempt and, after the last one, ends in quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass


class Retry(Exception):
    """Not now. Raised where waiting may help (host down, 429, index away); the ledger waits `after` seconds."""

    def __init__(
        self, reason: str, *, after: float | None = None, burn_attempt: bool = True, http_status: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.http_status = http_status
        """What the host answered, for its pacing: 0 could not be reached, None was not asked."""
        self.after = after
        """Seconds to wait at least; None leaves the wait to the ledger's backoff."""
        self.burn_attempt = burn_attempt
        """False where the wait says nothing about this entry (its host is paced, the index is away)."""


class Quarantine(Exception):
    """A person must look. Raised where trying again cannot help; the raw input is kept with the reason."""

    def __init__(self, reason: str, *, http_status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.http_status = http_status


class Drop(Exception):
    """The entry ends here without an article: final outcome `not_article`, `not_arabic`, `gone` or `refused`."""

    def __init__(self, status: str, reason: str, *, http_status: int | None = None) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason
        self.http_status = http_status


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in what a person wrote: where it stands, what it is, how to mend it."""

    place: str
    """A file with its line (`config/feeds.yaml:12`), an environment variable, an argument, a column in a query."""
    problem: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" + (f" ({self.mend})" if self.mend else "")


class UserError(Exception):
    """What a person gave us is wrong. Carries every fault at once; the command line prints them without a traceback."""

    def __init__(self, faults: Fault | str | list[Fault]) -> None:
        if isinstance(faults, str):
            faults = Fault("", faults)
        self.faults: list[Fault] = faults if isinstance(faults, list) else [faults]
        super().__init__("\n".join(str(f).removeprefix(": ") for f in self.faults))
