from __future__ import annotations

import pytest

from workers.fetch.guard import FetchError, Guard, is_public

CLOSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1",
    "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.0.170", "192.0.2.5", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
]  # fmt: skip
OPEN = [
    "1.1.1.1", "8.8.8.8", "100.63.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.17.0.1", "223.255.255.255",
    "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888",
]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.com", "1.2.3", "0x7f.1", "127.1", "1.2.3.4/8"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


GUARD = Guard.of(["news.internal", "shop.internal:9000", "10.1.0.0/16", "[::1]"], [80, 443])


def test_the_allow_list_opens_exactly_what_it_names() -> None:
    GUARD.check(GUARD.target("http://news.internal:81/"), ["10.0.0.9"])
    GUARD.check(GUARD.target("http://shop.internal:9000/"), ["192.168.0.9"])
    GUARD.check(GUARD.target("http://any.example/"), ["10.1.2.3"])
    GUARD.check(GUARD.target("http://10.1.2.3:8123/"), ["10.1.2.3"])
    GUARD.check(GUARD.target("http://[::1]/"), ["::1"])
    for url, address in [("http://shop.internal/", "192.168.0.9"), ("http://any.example/", "10.2.2.3")]:
        with pytest.raises(FetchError, match="refused_address"):
            GUARD.check(GUARD.target(url), [address])
    with pytest.raises(FetchError, match="refused_address"):
        GUARD.target("http://shop.internal:9001/")


def test_one_bad_answer_refuses_the_name() -> None:
    with pytest.raises(FetchError, match="refused_address"):
        GUARD.check(GUARD.target("http://any.example/"), ["8.8.8.8", "127.0.0.1"])


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://user@example.com/", "bad_url"),
        ("http://user:word@example.com/", "bad_url"),
        ("http://example.com:22/", "refused_address"),
        ("http://example.com:6379/", "refused_address"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://example.com/", "bad_url"),
        ("ftp://example.com/", "bad_url"),
        ("//example.com/", "bad_url"),
        ("http:///x", "bad_url"),
        ("http://exa\nmple.com:1/", "refused_address"),
        ("http://" + "a" * 5000, "bad_url"),
    ],
)
def test_addresses_that_are_never_asked(url: str, kind: str) -> None:
    with pytest.raises(FetchError) as caught:
        GUARD.target(url)
    assert caught.value.kind == kind


def test_an_allow_list_that_says_nothing_is_a_fault() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        Guard.of(["10.0.0.0/99"], [80])
