"""What is not the article goes, with evidence. Pure.

Order: typography, head (byline, caption, credit), lines by rule, tail, learned lines, inline remnants, the writer's biography, title. The tail
comes after the lines, because what stood before a removed tail line is then the tail.
"""

from workers.clean.cleaner import Cleaner

__all__ = ["Cleaner"]
