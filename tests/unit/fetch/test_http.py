"""The client against a real server on loopback, most of it hostile: each attack ends in its named outcome."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.newssite import NewsSite, answer, drip, endless, gzip_bomb, gzipped, head
from workers.fetch.http import Client, FetchError, Limits
from workers.settings import FetchSettings

SECONDS = 1.0
BODY = "<p>خبر</p>".encode() * 50  # "news"
OPEN = ("127.0.0.0/8",)


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite() as running:
        yield running


def client(**changes: object) -> Client:
    values = {"allow_hosts": OPEN, "total_timeout": SECONDS, "max_wire_bytes": 300_000, "max_body_bytes": 600_000}
    return Client(FetchSettings.model_validate({**values, **changes}))


def kind_of(url: str, **changes: object) -> str:
    with pytest.raises(FetchError) as caught:
        client(**changes).get(url)
    return caught.value.kind


# --- what goes well ----------------------------------------------------------------------------------------------


def test_bodies_come_decoded_from_gzip_only(site: NewsSite) -> None:
    one = client()
    for path, body, encoding in [
        ("/a", BODY, ""),
        ("/b", gzipped(BODY), "gzip"),
        ("/c", BODY, "gzip"),
        ("/d", BODY, "utf-8"),
    ]:
        site.serve(path, body, Content_Encoding=encoding, Content_Type="text/html")
        assert one.get(site.url(path)).body == BODY
    assert site.requests[0].headers["accept-encoding"] == "gzip"
    assert site.connections == 1, "one kept connection for all"


def test_several_gzip_members_and_padding_are_one_body(site: NewsSite) -> None:
    site.serve("/", gzipped(BODY) + gzipped(BODY) + b"\0" * 100, Content_Encoding="gzip")
    assert client().get(site.url("/")).body == BODY + BODY


def test_chunked_bodies_are_joined(site: NewsSite) -> None:
    site.behave("/", lambda _: iter([head("Transfer-Encoding: chunked"), b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"]))
    assert client().get(site.url("/")).body == b"abcde"


def test_a_body_without_length_ends_with_the_connection(site: NewsSite) -> None:
    site.behave("/raw", lambda _: iter([head("Connection: close"), b"abc"]))
    assert client().get(site.url("/raw")).body == b"abc"


def test_validators_and_the_contact_are_sent(site: NewsSite) -> None:
    site.serve("/", BODY)
    client(contact="mailto:desk@example.com").get(
        site.url("/"), etag='"x"', last_modified="Tue, 09 Jul 2024 10:15:00 GMT"
    )
    sent = site.requests[0].headers
    assert sent["if-none-match"] == '"x"'
    assert sent["if-modified-since"] == "Tue, 09 Jul 2024 10:15:00 GMT"
    assert "mailto:desk@example.com" in sent["user-agent"]


def test_redirects_are_followed_and_told(site: NewsSite) -> None:
    site.serve("/old", b"", 301, Location="/خبر")  # raw UTF-8 in the header, as some servers send it
    site.serve("/%D8%AE%D8%A8%D8%B1", b"", 302, Location=site.url("/new"))
    site.serve("/new", BODY)
    found = client().get(site.url("/old"))
    assert found.body == BODY
    assert found.final_url == site.url("/new")
    assert [status for status, _ in found.redirects] == [301, 302]
    assert found.moved_to == site.url("/%D8%AE%D8%A8%D8%B1"), "only the permanent part moved the address"


def test_a_kept_connection_that_died_is_opened_again(site: NewsSite) -> None:
    site.serve("/raw", BODY)  # the server closes after it, without saying so
    one = client()
    assert [one.get(site.url("/raw")).status for _ in range(3)] == [200, 200, 200]


def test_post_hands_redirects_back(site: NewsSite) -> None:
    site.serve("/hook", b"", 302, Location="http://169.254.169.254/")
    found = client().post(site.url("/hook"), body=b'{"a":1}', headers={"Content-Type": "application/json"})
    assert found.status == 302
    assert site.requests[0].body == b'{"a":1}'


# --- addresses ---------------------------------------------------------------------------------------------------

INTERNAL = [
    "http://127.0.0.1{port}/", "http://localhost{port}/", "http://2130706433{port}/", "http://0x7f000001{port}/",
    "http://0177.0.0.1{port}/", "http://127.1{port}/", "http://0{port}/", "http://[::1]{port}/",
    "http://[::ffff:127.0.0.1]{port}/", "http://[::ffff:7f00:1]{port}/", "http://[::127.0.0.1]{port}/",
    "http://[64:ff9b::7f00:1]{port}/", "http://127.0.0.1.{port}/", "http://LOCALHOST{port}/", "http://%31%32%37.0.0.1{port}/",
    "http://①②⑦.⓪.⓪.①{port}/", "http://127。0。0。1{port}/", "http://user@127.0.0.1{port}/",
    "http://example.com@127.0.0.1{port}/", "http://127.0.0.1{port}\\@example.com/", "http:\\\\127.0.0.1{port}\\",
    "http:/127.0.0.1{port}/", "http://127.0.0.1{port}#@example.com/", "http://[fe80::1%25lo]{port}/",
    "http://0.0.0.0{port}/", "http://[::]{port}/", "http://127.0.0.1%00.example.com{port}/", "http://127.0.0.1\t{port}/",
    "file:///etc/passwd", "gopher://127.0.0.1{port}/_x", "dict://127.0.0.1{port}/", "ftp://127.0.0.1{port}/",
]  # fmt: skip


@pytest.mark.parametrize("payload", INTERNAL)
def test_no_spelling_of_an_internal_address_is_connected_to(site: NewsSite, payload: str) -> None:
    site.serve("/", b"secret")
    url = payload.format(port=f":{site.port}")
    closed = Client(FetchSettings(ports=(80, 443, site.port), total_timeout=SECONDS))
    with pytest.raises(FetchError) as caught:
        closed.get(url)
    assert caught.value.kind in {"refused_address", "bad_url", "dns"}
    assert site.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        *("http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"),
        *("//0x7f.1/", "http://a@example.com/"),
    ],
)
def test_a_redirect_to_an_internal_address_is_not_followed(site: NewsSite, location: str) -> None:
    site.serve("/", b"", 302, Location=location)
    assert kind_of(site.url("/"), allow_hosts=(site.host,)) in {"refused_address", "bad_url", "redirects"}
    assert site.connections == 1


def test_a_name_is_resolved_once_and_every_answer_is_judged(site: NewsSite) -> None:
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34", "127.0.0.1"] if host == "mixed.example" else ["127.0.0.1"]

    closed = Client(FetchSettings(ports=(80, site.port)), resolver=resolver)
    for host in ("mixed.example", "rebinding.example"):
        with pytest.raises(FetchError, match="refused_address"):
            closed.get(f"http://{host}:{site.port}/")
    assert asked == ["mixed.example", "rebinding.example"]
    assert site.connections == 0


def test_the_connection_goes_to_the_address_that_was_checked(site: NewsSite) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    site.serve("/", BODY)
    found = Client(FetchSettings(allow_hosts=(f"news.example:{site.port}",)), resolver=lambda *_: next(answers)).get(
        f"http://news.example:{site.port}/"
    )
    assert found.body == BODY
    assert site.requests[0].headers["host"] == f"news.example:{site.port}"


# --- time and size -----------------------------------------------------------------------------------------------

CHUNKED = head("Transfer-Encoding: chunked")
SLOW = {
    "silence": drip(b"", b"", every=0.2, times=20),
    "a head that drips": drip(b"HTTP/1.1 200 OK\r\nX: ", b"a", every=0.05, times=100),
    "a body that drips": drip(head("Content-Length: 1000"), b"a", every=0.05, times=100),
    "a body that drips in chunks": drip(CHUNKED, b"1\r\na\r\n", every=0.05, times=100),
    "a first part, then silence": drip(head("Content-Length: 9"), b"", every=0.2, times=20),
    "1xx answers that drip": drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n", every=0.05, times=100),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_server_is_left_at_the_deadline(site: NewsSite, name: str) -> None:
    assert kind_of(site.behave("/raw", SLOW[name]), total_timeout=0.5) == "timeout"


HOSTILE = {
    "endless headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n"), {"headers"}),
    "many small headers": (endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), {"headers"}),
    "one endless header": (endless(b"HTTP/1.1 200 OK\r\nX: ", b"a" * 4096), {"headers"}),
    "an endless status line": (endless(b"HTTP/1.1 200 ", b"a" * 4096), {"headers", "protocol"}),
    "endless 1xx answers": (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), {"headers"}),
    "an endless body": (endless(head("Connection: close"), b"a" * 65536), {"too_large"}),
    "endless chunks": (endless(CHUNKED, b"1000\r\n" + b"a" * 4096 + b"\r\n"), {"too_large"}),
    "endless empty-looking chunks": (endless(CHUNKED, b"1;" + b"x" * 1000 + b"\r\na\r\n"), {"too_large", "protocol"}),
    "an endless chunk size": (endless(CHUNKED, b"0" * 4096), {"too_large", "protocol", "headers"}),
    "a chunk size that is no number": (lambda _: iter([CHUNKED, b"zz\r\nabc\r\n0\r\n\r\n"]), {"protocol"}),
    "a negative chunk size": (lambda _: iter([CHUNKED, b"-5\r\nabc\r\n0\r\n\r\n"]), {"protocol"}),
    "a length above the body": (lambda _: iter([head("Content-Length: 500"), b"abc"]), {"protocol"}),
    "a chunk above the body": (lambda _: iter([CHUNKED, b"ffff\r\nabc"]), {"protocol"}),
    "no HTTP at all": (lambda _: iter([b"220 ftp.example.com ready\r\n" * 3]), {"protocol"}),
    "nothing": (lambda _: iter([]), {"protocol", "connect"}),
    "endless trailers": (endless(CHUNKED + b"1\r\na\r\n0\r\n", b"X: aaaa\r\n" * 99), {"too_large", "protocol"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_gets_its_name(site: NewsSite, name: str) -> None:
    behaviour, kinds = HOSTILE[name]
    assert kind_of(site.behave("/raw", behaviour)) in kinds
    assert site.sent < 20_000_000, "the client hung up early"


def test_a_bomb_is_stopped_at_the_cap_with_memory_flat(site: NewsSite) -> None:
    site.serve("/raw", gzip_bomb(200_000_000), Content_Encoding="gzip")
    one = client(max_body_bytes=10_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        with pytest.raises(FetchError) as caught:
            one.get(site.url("/raw"))
        assert caught.value.kind == "bomb"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60_000, f"{grown} KB for 600 MB of bombs"


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "gzip,br", "x" * 500])
def test_encodings_that_were_not_asked_for_are_not_decoded(site: NewsSite, encoding: str) -> None:
    site.serve("/raw", gzipped(gzipped(BODY)), Content_Encoding=encoding)
    assert kind_of(site.url("/raw")) == "bad_encoding"


def test_broken_gzip_is_named(site: NewsSite) -> None:
    packed = gzipped(BODY * 100)
    site.serve("/raw", packed[:12] + b"\xff" * 40, Content_Encoding="gzip")
    assert kind_of(site.url("/raw")) == "bad_encoding"
    site.serve("/raw", packed[:-20], Content_Encoding="gzip")
    assert kind_of(site.url("/raw")) == "protocol"


def test_redirects_are_counted_and_circles_seen(site: NewsSite) -> None:
    for number in range(9):
        site.serve(f"/{number}", b"", 302, Location=f"/{number + 1}")
    assert kind_of(site.url("/0")) == "redirects"
    assert len(site.requests) == 6
    site.serve("/a", b"", 302, Location="/b")
    site.serve("/b", b"", 302, Location="/a")
    assert kind_of(site.url("/a")) == "redirects"


def test_limits_of_a_call_go_before_those_of_settings(site: NewsSite) -> None:
    site.serve("/raw", b"a" * 5000)
    with pytest.raises(FetchError, match="too_large"):
        client().get(site.url("/raw"), limits=Limits(wire=100_000, body=4000, seconds=SECONDS))


def test_nobody_listens(site: NewsSite) -> None:
    assert kind_of("http://127.0.0.1:1/") == "connect"
    assert kind_of("http://nothing.invalid/") == "dns"


def test_plain_text_where_tls_should_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        assert kind_of(f"https://127.0.0.1:{port}/") == "tls"
        thread.join()


def test_early_hints_announce_the_answer(site: NewsSite) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    site.behave("/", lambda _: iter([hints, answer(BODY)]))
    assert client().get(site.url("/")).body == BODY


def test_threads_share_a_client_without_mixing_their_budgets(site: NewsSite) -> None:
    site.behave("/raw/slow", drip(head("Content-Length: 1000"), b"a", every=0.05, times=40))
    site.serve("/fast", BODY)
    one, ends = client(total_timeout=0.4), []

    def slow() -> None:
        with pytest.raises(FetchError) as caught:
            one.get(site.url("/raw/slow"))
        ends.append(caught.value.kind)

    threads = [threading.Thread(target=slow) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert all(one.get(site.url("/fast")).body == BODY for _ in range(50))
    for thread in threads:
        thread.join()
    assert ends == ["timeout"] * 4


def test_answers_of_any_status_are_handed_over(site: NewsSite) -> None:
    for status in (304, 404, 429, 500, 503):
        site.behave(f"/{status}", lambda _, status=status: iter([answer(b"" if status == 304 else b"x", status)]))
        assert client().get(site.url(f"/{status}")).status == status
