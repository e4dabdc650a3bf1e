"""`python -m workers.cli` is `rasid`."""

from workers.cli import main

main()
