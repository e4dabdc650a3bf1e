"""The stages of the flow, without the queue: each takes ids, asks the ledger, works, and says whom to hint next.

    sweep ─► poll ─► fetch ─► make ─► index ─► alert ─► deliver

Every function may run twice, at once, or be killed anywhere: claims and settles in the ledger are what counts. Work
that cannot be done ends by one of the exits of `workers.errors`, which `exits.attempt` writes down.

Beside the flow: `looks` (pages seen again), `push` (WebSub), `originals` (reprints that name their original), `loss`
(a Redis that lost everything), `regain` (what it remembered, read back), `keeping` (what is past its time), `pressure`
(what slows polling).
"""

from workers.stages.alerting import alert, deliver
from workers.stages.fetching import fetch
from workers.stages.indexing import index, restory
from workers.stages.making import make
from workers.stages.polling import poll
from workers.stages.publishing import publish
from workers.stages.sweeping import Work, sweep

__all__ = ["Work", "alert", "deliver", "fetch", "index", "make", "poll", "publish", "restory", "sweep"]
