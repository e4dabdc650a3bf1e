"""What a page carries that harms the process which makes an article of it (`chaos_app`)."""

KILLS = "<!-- chaos: kill -->"
HANGS = "<!-- chaos: hang -->"
EATS = "<!-- chaos: eat -->"
DNS_FLAG = "CHAOS_DNS_FAILS"
"""Environment variable: path of a file; while it is there, no name resolves."""
CLOCK_FILE = "CHAOS_CLOCK"
"""Environment variable: path of a file with the seconds by which the wall clock is wrong."""
