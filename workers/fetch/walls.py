"""Pages that stand before the page: bot walls, recognised by what their makers write into them. Pure.

Only makers' marks count, not words such as "captcha" alone: an article may speak of those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADERS = (("cf-mitigated", "challenge", "Cloudflare"), ("x-datadome", "protected", "DataDome"))
"""Header, what its value contains, whose wall it is."""
_MARKS = (
    (
        "Cloudflare",
        re.compile(r"cdn-cgi/challenge-platform|cf-chl-|<title>Just a moment\.\.\.|cf-error-details|cf_captcha_kind"),
    ),
    ("Imperva Incapsula", re.compile(r"_Incapsula_Resource|Incapsula incident ID")),
    ("Sucuri", re.compile(r"sucuri_cloudproxy_js|Sucuri WebSite Firewall - Access Denied")),
    ("DDoS-Guard", re.compile(r"<title>DDoS-Guard|ddos-guard/js-challenge")),
    ("DataDome", re.compile(r"captcha-delivery\.com|datadome\.co/captcha")),
    ("PerimeterX", re.compile(r"px-captcha|_pxAppId")),
    ("Akamai", re.compile(r"<TITLE>Access Denied</TITLE>.{0,600}Reference&#32;&#35;", re.DOTALL)),
    ("AWS WAF", re.compile(r"awswaf\.com/.{0,80}challenge\.js|AwsWafIntegration")),
    (
        "a JavaScript challenge",
        re.compile(r"toNumbers\(.{0,400}slowAES\.decrypt|document\.cookie=\"__test=", re.DOTALL),
    ),
)
_HEAD = 60_000
"""Characters in which the marks are looked for; challenge pages are short."""


def wall_of(text: str, headers: Mapping[str, str]) -> str | None:
    """Whose bot wall this answer is; None where it is none."""
    for name, value, maker in _HEADERS:
        if value in (headers.get(name) or "").lower():
            return maker
    head = text[:_HEAD]
    return next((maker for maker, mark in _MARKS if mark.search(head)), None)
