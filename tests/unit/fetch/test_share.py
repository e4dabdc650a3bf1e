from __future__ import annotations

import threading
from contextlib import ExitStack

from workers.fetch.share import Shares


def test_a_host_holds_a_quarter_of_the_workers_and_another_host_the_next() -> None:
    shares = Shares(8)
    with ExitStack() as held:
        assert [held.enter_context(shares.hold("slow.example")) for _ in range(4)] == [True, True, False, False]
        with shares.hold("other.example") as granted:
            assert granted
    with shares.hold("slow.example") as granted:
        assert granted, "given back"


def test_few_workers_still_work() -> None:
    with Shares(1).hold("a.example") as granted:
        assert granted


def test_many_threads_never_hold_more() -> None:
    shares, inside, most = Shares(8), 0, 0
    lock, start = threading.Lock(), threading.Barrier(16)

    def work() -> None:
        nonlocal inside, most
        start.wait()
        for _ in range(200):
            with shares.hold("slow.example") as granted:
                if granted:
                    with lock:
                        inside += 1
                        most = max(most, inside)
                    with lock:
                        inside -= 1

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= 2
