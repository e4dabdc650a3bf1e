"""What a page carries that harms the process which makes an article of it (`chaos_app`)."""

KILLS = "<!-- chaos: kill -->"
HANGS = "<!-- chaos: hang -->"
