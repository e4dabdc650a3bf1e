"""What is not the article goes, with evidence. Pure.

Order: typography, lines by rule, head (byline, caption, credit), inline remnants, tail, the writer's biography, learned
lines, tail, the credit behind the last sentence, title. The tail comes after the lines, and again after what was
learned, because what stood before a removed tail line is then the tail.
"""

from workers.clean.cleaner import Cleaner

__all__ = ["Cleaner"]
