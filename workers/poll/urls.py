"""What address an article has: the one place that decides identity. Pure.

`normal_url` only repairs the spelling of an address (RFC 3986, WHATWG URL): fit for asking a server. `canonical_url`
also drops what does not change the article: tracking parameters, AMP, mobile and print variants, link wrappers.
`entry_id` hashes the canonical address without its scheme and `www.`, because feeds mix http and https, with and
without, for the same article. Idempotent: `canonical_url(canonical_url(u)) == canonical_url(u)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

import idna
from tld import get_fld

MAX_URL = 4096
"""Characters. Real article addresses with percent-encoded Arabic titles were seen up to about 1,500."""

TRACKING_PREFIXES = (
    "utm_",
    "pk_",
    "piwik_",
    "mtm_",
    "matomo_",
    "hsa_",
    "_hs",
    "at_",
    "ns_",
    "__twitter",
    "oly_",
    "vero_",
)
TRACKING = frozenset(
    {
        *(
            "fbclid",
            "gclid",
            "gclsrc",
            "dclid",
            "gbraid",
            "wbraid",
            "msclkid",
            "yclid",
            "twclid",
            "ttclid",
            "li_fat_id",
        ),
        *("igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_openstat", "spm", "smid", "xtor", "wt_mc"),
        *("wt.mc_id", "cmpid", "cmp", "ncid", "ocid", "sr_share", "ref_src", "ref_url", "referrer", "traffic_source"),
        *("maca", "amp", "amp_js_v", "usqp", "__amp_source_origin", "replytocom", "share", "nb", "fb_action_ids"),
        *("fb_action_types", "fb_source", "s_cid", "icid", "guccounter", "guce_referrer", "guce_referrer_sig"),
        *("feature", "_branch_match_id", "rss", "print", "mobile", "phpsessid", "jsessionid", "sessionid"),
    }
)
"""Names, lower case, gathered from the lists that Firefox, Brave and Miniflux publish and from addresses of Arabic
outlets (`traffic_source=rss`: Al Jazeera; `maca`: DW; `at_medium`: BBC)."""

VARIANT_VALUES = {
    "outputtype": {"amp"},
    "output": {"amp"},
    "view": {"print", "amp", "mobile"},
    "tmpl": {"component"},
    "source": {"rss", "feed", "twitter", "facebook", "telegram", "whatsapp"},
    "src": {"rss", "feed"},
    "from": {"rss", "feed"},
    "feed": {"rss", "rss2", "atom"},
    "noamp": {"mobile"},
}
"""Parameters that only some values of which leave the article the same."""

_MOBILE_LABELS = frozenset({"m", "mobile", "amp", "mob", "wap"})
_WRAPPERS = {
    ("google.com", "/url"): ("q", "url"),
    ("facebook.com", "/l.php"): ("u",),
    ("bing.com", "/news/apiclick.aspx"): ("url",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("youtube.com", "/redirect"): ("q",),
}
"""Link wrappers: site and path → the parameters that hold the wrapped address."""

_PIECE = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]", re.DOTALL)
"""What is to be looked at in a path: percent-encodings, and characters that must not stand there."""
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_INVISIBLE = re.compile("[\x00-\x1f\x7f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normal_url(url: str, base: str | None = None) -> str:
    """`url` made absolute against `base` and spelled the one way; "" where it is no web address."""
    text = _INVISIBLE.sub("", url).strip().replace("\\", "/")
    if not text or len(text) > MAX_URL:
        return ""
    try:
        parts = urlsplit(urljoin(base, text) if base else text)
        host = _host(parts.hostname or "")
        port = parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return ""
    place = host if port in {None, _DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    path = _remove_dots(_PIECE.sub(_encoded, parts.path)) or "/"
    return urlunsplit((scheme, place, path, _PIECE.sub(_encoded, parts.query).replace("%3F", "?"), ""))


def canonical_url(url: str, base: str | None = None) -> str:
    """The address that names the article; "" where `url` is no web address (mailto:, javascript:, none at all)."""
    found = normal_url(url.replace("&amp;", "&"), base)
    for _ in range(3):  # a wrapper may wrap another; nobody honest nests deeper
        inner = _unwrapped(found) if found else None
        if inner is None:
            break
        found = inner
    if not found:
        return ""
    previous = ""
    while found != previous:  # each rule may bare another variant (/print/amp); every change shortens, so this ends
        previous, found = found, _plain(found)
    return found


def entry_id(canonical: str) -> str:
    """32 hex digits from a canonical address, the same for http and https, with and without `www.`."""
    return hashlib.sha256(_identity(canonical).encode()).hexdigest()[:32]


def feed_id(url: str) -> str:
    """16 hex digits from a feed's address. Parameters stay: they often choose the feed."""
    return hashlib.sha256((normal_url(url) or url).encode()).hexdigest()[:16]


def same_site(a: str, b: str) -> bool:
    """Whether two addresses belong to one registrable domain (Public Suffix List), or to one IP address and port."""
    first = site(a)
    return bool(first) and first == site(b)


def site(url: str) -> str:
    """The registrable domain of an address; host and port where it has none (an IP address, an internal name)."""
    normal = normal_url(url)
    if not normal:
        return ""
    found = get_fld(normal, fail_silently=True)
    return str(found) if found else urlsplit(normal).netloc


def names_user(url: str) -> bool:
    """Whether an address carries a user name (`http://name:word@host/`): such ones are never asked."""
    return "@" in re.split(r"[/\\?#]", url.partition("//")[2], maxsplit=1)[0]


def host_of(url: str) -> str:
    """`host` or `host:port` that an address is asked at: what pacing counts by."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


# --- spelling ----------------------------------------------------------------------------------------------------


def _host(host: str) -> str:
    host = unquote(host).rstrip(".").lower()
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    if host.isascii():
        if not re.fullmatch(r"[a-z0-9._-]+", host):
            raise ValueError(host)
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(host) from error


def _encoded(piece: re.Match[str]) -> str:
    if triplet := piece[1]:
        char = chr(int(triplet, 16))
        return char if char in _UNRESERVED else f"%{triplet.upper()}"
    return "".join(f"%{byte:02X}" for byte in piece[0].encode("utf-8", "surrogatepass"))


def _remove_dots(path: str) -> str:
    kept: list[str] = []
    segments = re.sub(r"(?<!:)/{2,}", "/", path).split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    joined = "/".join(kept)
    return joined if joined.startswith("/") else f"/{joined}"


# --- variants ----------------------------------------------------------------------------------------------------


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, _plain_host(parts.netloc), _plain_path(parts.path), _plain_query(parts.query), ""))


def _plain_host(place: str) -> str:
    host, _, port = place.partition(":")
    labels = host.split(".")
    rest = labels[1:] if labels[0] != "www" else labels[2:]
    head = labels[0] if labels[0] != "www" else (labels[1] if len(labels) > 1 else "")
    if head in _MOBILE_LABELS and len(rest) >= 2 and get_fld(f"http://{'.'.join(rest)}/", fail_silently=True):
        host = ".".join(rest)
    return f"{host}:{port}" if port else host


def _plain_path(path: str) -> str:
    path = re.sub(r";(?:jsessionid|phpsessid)=[^/]*", "", path, flags=re.IGNORECASE)
    path = re.sub(r"^(?:/amp)+(?=/)", "", path)
    path = re.sub(r"(?:/(?:amp|print|amphtml|index\.html?)|/)+$", "", path)
    return re.sub(r"(?:\.amp)+(\.html?)?$", r"\1", path) or "/"


def _plain_query(query: str) -> str:
    kept = [part for part in query.split("&") if part and not _is_tracking(part)]
    return "&".join(sorted(kept, key=lambda part: part.partition("=")[0]))


def _is_tracking(part: str) -> bool:
    name, _, value = part.partition("=")
    name, value = unquote(name).lower(), unquote(value).lower()
    if name in TRACKING or name.startswith(TRACKING_PREFIXES):
        return True
    if name == "ref":  # a number may be the article's own
        return not value.isdigit()
    return value in VARIANT_VALUES.get(name, ())


def _identity(canonical: str) -> str:
    bare = canonical.partition("://")[2] or canonical
    return bare.removeprefix("www.")


# --- wrappers ----------------------------------------------------------------------------------------------------


def _unwrapped(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.netloc.endswith(".cdn.ampproject.org"):
        return _after(r"^/(?:c|v|i|r|wp)/(s/)?(.+)$", parts.path, parts.query)
    name = site(url)
    if name.startswith("google.") and parts.path.startswith("/amp/"):
        return _after(r"^/amp/(s/)?(.+)$", parts.path, parts.query)
    if parts.netloc == "news.google.com":
        return _google_news(parts.path)
    name = "google.com" if name.startswith("google.") else name
    for key in _WRAPPERS.get((name, parts.path), ()):
        for parameter, value in parse_qsl(parts.query):
            if parameter == key and (inner := normal_url(value)):
                return inner
    return None


def _after(pattern: str, path: str, query: str) -> str | None:
    match = re.match(pattern, path)
    if match is None:
        return None
    scheme = "https" if match[1] else "http"
    return normal_url(f"{scheme}://{match[2]}" + (f"?{query}" if query else "")) or None


def _google_news(path: str) -> str | None:
    """Google News addresses of the older kind carry the article's address in base64; newer ones are opaque."""
    match = re.match(r"^/(?:rss/|__i/rss/rd/)?articles/(CBM[\w-]+)", path)
    if match is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4))
    except (binascii.Error, ValueError):
        return None
    inner = re.search(rb"https?://[\x21-\x7e]+", raw)
    return normal_url(inner[0].decode("ascii")) or None if inner else None
