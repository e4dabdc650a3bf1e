"""A news site of our own on loopback: sample outlets (`site`), and synthetic pages in any number (`synthetic`).

`samples` reads what we wrote (samples/*.yaml), `pages` renders it through each outlet's template, `server` answers.
The news is invented: names of states and organisations are real, what happens to them is not.
"""
