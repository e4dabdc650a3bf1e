"""Making articles again from the archive, by the rules of today: those that an index has, or a whole index anew.

Nothing is fetched, the ledger is not asked for work, and no alert fires: what is made again goes to the index alone, as
a version a microsecond later than the one it replaces. A version that a worker writes meanwhile is newer, and wins.
"""

from workers.remake.crew import Remade, Report
from workers.remake.rebuild import rebuild
from workers.remake.reprocess import reprocess

__all__ = ["Remade", "Report", "rebuild", "reprocess"]
