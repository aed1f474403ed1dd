"""A real Neo4j server with Browser and Graph Data Science, without Docker: jars from Maven, one Java process.

    python tools/neo4j_server.py                  # runs until Ctrl-C
    python tools/neo4j_server.py --install-only   # only fetches the jars

Needs Maven and a JDK. The jars go into `COHABIT_CACHE` (default `~/.cache/cohabit`) once, 150 MB per version.
The server listens on loopback only and refuses to read local files through `LOAD CSV`.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

HOST = "127.0.0.1"
POMS = Path(__file__).resolve().parent / "neo4j"
BROWSER_VERSION = "5.24.0"
# What a new Neo4j store accepts until its first password is set.
INITIAL_PASSWORD = "neo4j"


class ServerError(Exception):
    """The server cannot be installed or started; the message is one line for the user."""


@dataclass(frozen=True)
class Release:
    """A Neo4j release, the GDS that fits it, the oldest Java major version it runs on and its main class."""

    neo4j: str
    gds: str
    oldest_java: int
    main_class: str

    @property
    def folder(self) -> str:
        """The name of this release's folder in the cache, with every version that decides on its content."""
        return f"neo4j-{self.neo4j}-gds-{self.gds}-browser-{BROWSER_VERSION}"


RELEASES = {
    "5": Release("5.26.30", "2.13.9", 17, "org.neo4j.server.CommunityEntryPoint"),
    "2026": Release("2026.08.1", "2.26.0", 21, "org.neo4j.server.Neo4jCommunity"),
}


def release(version: str) -> Release:
    """Return the release called `version` (`5` or `2026`); raises `ServerError` for another name."""
    if version not in RELEASES:
        raise ServerError(f"no Neo4j version '{version}' here; there are {' and '.join(RELEASES)}")
    return RELEASES[version]


def cache_dir() -> Path:
    """Return the folder for downloads: `COHABIT_CACHE`, else `~/.cache/cohabit`."""
    return Path(os.environ.get("COHABIT_CACHE") or Path.home() / ".cache" / "cohabit").expanduser().absolute()


def jars_dir(version: str) -> Path:
    """Return where the jars of `version` are, or would be: a folder with `lib/` and `plugins/`."""
    return cache_dir() / "neo4j" / release(version).folder


def installed(version: str) -> bool:
    """Whether the jars of `version` are in the cache (the folder gets its name only when it is complete)."""
    return jars_dir(version).is_dir()


def install(version: str) -> Path:
    """Fetch the jars of `version` into the cache unless they are there, and return their folder.

    Any number of processes may call this at once: one of them fetches, the others wait for it. A process that
    is killed leaves nothing that counts as installed. Raises `ServerError` where Maven is missing or fails.
    """
    target = jars_dir(version)
    if target.is_dir():
        return target
    from filelock import FileLock

    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(target.name + ".lock")):
        if target.is_dir():
            return target
        partial = target.with_name(target.name + ".partial")
        # Whoever left it is dead: its lock is ours now.
        shutil.rmtree(partial, ignore_errors=True)
        _copy_jars("server", release(version), partial / "lib")
        _copy_jars("gds", release(version), partial / "all")
        (partial / "plugins").mkdir()
        for jar in (partial / "all").iterdir():
            if not (partial / "lib" / jar.name).exists():
                jar.rename(partial / "plugins" / jar.name)
        shutil.rmtree(partial / "all")
        partial.rename(target)
    return target


def _copy_jars(pom: str, wanted: Release, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerError("Maven (mvn) is not on the PATH: install it, it fetches the Neo4j jars")
    command = [maven, "-B", "-q", "-f", str(POMS / pom / "pom.xml"), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}", f"-Dneo4j.version={wanted.neo4j}"]
    command += [f"-Dgds.version={wanted.gds}", f"-Dbrowser.version={BROWSER_VERSION}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0 or not any(folder.glob("*.jar")):
        reason = telling_line(done.stdout + done.stderr)
        raise ServerError(f"Maven could not fetch Neo4j {wanted.neo4j} with GDS {wanted.gds}: {reason}")


def find_java(version: str) -> tuple[Path, int]:
    """Return a `java` program that `version` runs on, and its major version.

    Those in `JAVA_HOME_<n>` and `JAVA_HOME` come first, then those found on the system; of several suitable
    ones the oldest: a release was made for it, not for one that came out later. Raises `ServerError` where
    there is none.
    """
    wanted = release(version)
    seen = set()
    for homes in (_named_java_homes(), _other_java_homes()):
        found = [(major, home) for home in homes if (major := _java_major(home)) is not None]
        suitable = [(major, home) for major, home in found if major >= wanted.oldest_java]
        if suitable:
            major, home = min(suitable)
            return _java_program(home), major
        seen |= {major for major, _ in found}
    what = ", ".join(str(major) for major in sorted(seen)) or "none"
    needs = f"Neo4j {wanted.neo4j} needs Java {wanted.oldest_java} or newer (found: {what})"
    raise ServerError(f"{needs}; install such a JDK or set JAVA_HOME to one")


def _named_java_homes() -> list[Path]:
    # JAVA_HOME_21_X64 is how the images of some CI services spell it.
    names = [name for name in os.environ if re.fullmatch(r"JAVA_HOME(_\d+(_\w+)?)?", name)]
    return [Path(os.environ[name]) for name in names if os.environ[name]]


def _other_java_homes() -> Iterator[Path]:
    programs = [shutil.which("java")]
    with suppress(OSError):
        listed = subprocess.run(["update-alternatives", "--list", "java"], capture_output=True, text=True)
        programs += listed.stdout.split()
    yield from (Path(program).resolve().parent.parent for program in programs if program)
    for pattern in (
        "usr/lib/jvm/*",
        "opt/*",
        "Library/Java/JavaVirtualMachines/*/Contents/Home",
        "opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    ):
        yield from sorted(Path("/").glob(pattern))


def _java_program(home: Path) -> Path:
    return home / "bin" / ("java.exe" if os.name == "nt" else "java")


def _java_major(home: Path) -> int | None:
    program = _java_program(home)
    if not program.is_file():
        return None
    try:
        said = (home / "release").read_text(errors="replace")
    except OSError:
        try:
            said = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30).stderr
        except (OSError, subprocess.TimeoutExpired):
            return None
    # `JAVA_VERSION="17.0.15"` in the file, `openjdk version "17.0.15" 2025-04-15` from the program.
    match = re.search(r'(?:^JAVA_VERSION=|version )"(\d+)', said, re.MULTILINE)
    return int(match[1]) if match else None


class Neo4jServer:
    """One Neo4j server process; `start()` and `stop()`, or a `with` block.

    `data_dir` is the server's home (configuration, data, logs) and is made when missing. Ports that are not
    given are chosen free. Without `password` a random one is made on the first start and kept in `data_dir`;
    `auth=False` switches signing in off (`username` and `password` are empty then). `java_options` are added
    to the Java command; `timeout` is how many seconds the server may take to come up.
    """

    def __init__(
        self,
        version: str,
        data_dir: Path,
        password: str | None = None,
        *,
        auth: bool = True,
        bolt_port: int | None = None,
        http_port: int | None = None,
        java_options: Sequence[str] = (),
        timeout: float = 180,
    ) -> None:
        self.version = version
        self.home = Path(data_dir).absolute()
        self.auth = auth
        self.java_options = list(java_options)
        self.timeout = timeout
        self.username = "neo4j" if auth else ""
        self.password = (password or "") if auth else ""
        self.bolt_port, self.http_port = _ports(bolt_port, http_port)
        self._java: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def bolt_uri(self) -> str:
        """The address for a driver, such as `bolt://127.0.0.1:7687`."""
        return f"bolt://{HOST}:{self.bolt_port}"

    @property
    def http_uri(self) -> str:
        """The address of the HTTP interface, without a path; Browser is at `/browser/` below it."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def log(self) -> Path:
        """The file with everything the server has printed since its start."""
        return self.home / "logs" / "console.log"

    @property
    def pid(self) -> int | None:
        """The process id of the running server, None when it does not run."""
        return self._java.pid if self._java is not None and self._java.poll() is None else None

    def start(self) -> Neo4jServer:
        """Start the server and return when Bolt and HTTP answer and the password holds.

        Raises `ServerError` (one line, with the telling line of the log) when it does not come up; then
        nothing is left running. Fetches the jars when they are not in the cache.
        """
        if self.pid is not None:
            return self
        jars = install(self.version)
        java, major = find_java(self.version)
        for folder in ("conf", "data", "logs"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        if self.auth and not self.password:
            self.password = _kept_password(self.home / "password")
        (self.home / "conf" / "neo4j.conf").write_text(self._configuration(jars), encoding="utf-8")
        for port in (self.bolt_port, self.http_port):
            _refuse_taken(port)
        command = [str(java), *_java_options(major), *self.java_options]
        command += ["-cp", f"{jars}/lib/*{os.pathsep}{jars}/plugins/*", release(self.version).main_class]
        # Without the console mode the reason of a failed start would be in one of two files.
        command += [f"--home-dir={self.home}", f"--config-dir={self.home}/conf", "--console-mode"]
        try:
            with self.log.open("wb") as log:
                # Its own session: Ctrl-C in a terminal reaches only us, and we end the server in order.
                self._java = subprocess.Popen(
                    command,
                    cwd=self.home,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._guard = _guard(self._java.pid)
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server (by its process id) and wait until it is gone; does nothing when it does not run."""
        if self._guard is not None:
            # First, so that it can never act on a process id that has been given to someone else.
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self._java is not None:
            self._java.terminate()
            try:
                self._java.wait(60)
            except subprocess.TimeoutExpired:
                self._java.kill()
                self._java.wait()
            self._java = None

    def __enter__(self) -> Neo4jServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def empty(self) -> None:
        """Remove all nodes, relationships, constraints, indexes and projected GDS graphs."""
        with self._driver(self.password) as driver, driver.session() as session:
            # Relationships first: one node, such as a country, can have more of them than a transaction can hold.
            session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS").consume()
            session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
            for name in session.run("SHOW CONSTRAINTS YIELD name").value():
                session.run(f"DROP CONSTRAINT {_quoted(name)}").consume()
            # The two token lookup indexes belong to every new database.
            for name in session.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'").value("name"):
                session.run(f"DROP INDEX {_quoted(name)}").consume()
            for name in session.run("CALL gds.graph.list() YIELD graphName").value():
                session.run("CALL gds.graph.drop($name) YIELD graphName", name=name).consume()

    def _configuration(self, jars: Path) -> str:
        settings = {
            "server.directories.data": self.home / "data",
            "server.directories.logs": self.home / "logs",
            "server.directories.lib": jars / "lib",
            "server.directories.plugins": jars / "plugins",
            "server.default_listen_address": HOST,
            "server.bolt.listen_address": f"{HOST}:{self.bolt_port}",
            # Without it a `neo4j://` connection is sent on to port 7687, whatever the port is.
            "server.bolt.advertised_address": f"{HOST}:{self.bolt_port}",
            "server.http.listen_address": f"{HOST}:{self.http_port}",
            "server.http.advertised_address": f"{HOST}:{self.http_port}",
            "server.https.enabled": "false",
            "server.memory.pagecache.size": "256m",
            "dbms.security.auth_enabled": str(self.auth).lower(),
            # Read access mode does not stop LOAD CSV FROM 'file:///…'.
            "dbms.security.allow_csv_import_from_file_urls": "false",
            "dbms.security.procedures.unrestricted": "gds.*",
            "dbms.usage_report.enabled": "false",
            # Two databases would reserve 256 MB each for logs of a few kilobytes.
            "db.tx_log.preallocate": "false",
            # Otherwise stopping waits twice 5 s for Bolt connections that nobody has.
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
        }
        return "".join(f"{name}={str(value).replace(os.sep, '/')}\n" for name, value in settings.items())

    def _wait(self) -> None:
        """Return when the server can be used; raise `ServerError` when it ended or the time is over."""
        from neo4j.exceptions import ServiceUnavailable, TransientError

        deadline = time.monotonic() + self.timeout
        ports = [self.bolt_port, self.http_port]
        while True:
            if self.pid is None:
                raise ServerError(f"Neo4j ended while starting: {self._complaint()}")
            if time.monotonic() > deadline:
                raise ServerError(f"Neo4j did not answer within {self.timeout:.0f} s: {self._complaint()}")
            ports = [port for port in ports if not _answers(port)]
            if not ports:
                with suppress(ServiceUnavailable, TransientError):
                    self._sign_in()
                    return
            time.sleep(0.2)

    def _sign_in(self) -> None:
        from neo4j.exceptions import AuthError, ClientError

        try:
            with self._driver(self.password) as driver:
                driver.execute_query("RETURN 1")
            return
        except AuthError:
            pass
        try:
            with self._driver(INITIAL_PASSWORD) as driver:
                change = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new"
                driver.execute_query(change, old=INITIAL_PASSWORD, new=self.password, database_="system")
        except AuthError:
            raise ServerError(f"the server in {self.home} was set up with another password") from None
        except ClientError as error:
            raise ServerError(f"Neo4j refuses this password: {telling_line(error.message or str(error))}") from None

    def _driver(self, password: str) -> Any:
        from neo4j import GraphDatabase

        return GraphDatabase.driver(self.bolt_uri, auth=(self.username, password) if self.auth else None)

    def _complaint(self) -> str:
        return f"{telling_line(self.log.read_text(errors='replace'))} (log: {self.log})"


def telling_line(output: str, limit: int = 300) -> str:
    """Return the line of a program's output that tells most about a failure, cut to `limit` characters.

    That is the last cause of a Java stack trace, else the first error, else the last line.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    errors = [line for line in lines if re.search(r"\bERROR\b|^Exception in |^Error: ", line)]
    line = causes[-1] if causes else errors[0] if errors else lines[-1] if lines else "no output"
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _java_options(java: int) -> list[str]:
    options = [
        "-Xms512m",
        "-Xmx2g",
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dlog4j2.disable.jmx=true",
    ]
    opened = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
    options += [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in opened]
    options.append("--add-modules=jdk.incubator.vector")
    if java >= 24:
        # From here on Java warns about what Neo4j does, and later refuses it.
        options += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    return options


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """Start a process that ends process `pid` when we are gone, however we went: its input closes then."""
    code = "import os, signal, sys; sys.stdin.read(); os.kill(int(sys.argv[1]), signal.SIGTERM)"
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code, str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ports(bolt: int | None, http: int | None) -> tuple[int, int]:
    with ExitStack() as stack:
        # Both are held at the same time, or they could be the same.
        free = [stack.enter_context(socket.socket()) for _ in range(2)]
        for one in free:
            one.bind((HOST, 0))
        return bolt or free[0].getsockname()[1], http or free[1].getsockname()[1]


def _refuse_taken(port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except OSError as error:
            raise ServerError(f"port {port} cannot be used ({error.strerror}); choose another") from None


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _kept_password(file: Path) -> str:
    """Return the password kept in `file`, which is made with a random one, readable by its owner only."""
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as new:
            new.write(secrets.token_urlsafe(12))
    return file.read_text().strip()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def main(arguments: list[str] | None = None) -> int:
    """Run a server in the foreground until Ctrl-C (or install only); returns the exit code."""
    parser = argparse.ArgumentParser(description="Run Neo4j with Browser and GDS, without Docker, on loopback.")
    parser.add_argument("--version", choices=list(RELEASES), default="5", help="default: 5")
    parser.add_argument("--bolt-port", type=int, default=7687, help="default: 7687")
    parser.add_argument("--http-port", type=int, default=7474, help="Browser's port (default: 7474)")
    parser.add_argument("--data", type=Path, help="the server's folder (default: neo4j-VERSION in COHABIT_DATA)")
    signing_in = parser.add_mutually_exclusive_group()
    signing_in.add_argument("--password", help="default: NEO4J_PASSWORD, else a random one, kept in the folder")
    signing_in.add_argument("--no-auth", action="store_true", help="let every local user in without a password")
    parser.add_argument("--install-only", action="store_true", help="only fetch the jars")
    options = parser.parse_args(arguments)
    try:
        if options.install_only:
            print(install(options.version))
        else:
            _serve(options)
    except ServerError as error:
        print(f"neo4j_server: {error}", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"neo4j_server: {error}; use the Python that cohabit is installed in", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _serve(options: argparse.Namespace) -> None:
    data = options.data or Path(os.environ.get("COHABIT_DATA") or "cohabit-data") / f"neo4j-{options.version}"
    server = Neo4jServer(
        options.version,
        data,
        options.password or os.environ.get("NEO4J_PASSWORD"),
        auth=not options.no_auth,
        bolt_port=options.bolt_port,
        http_port=options.http_port,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not installed(options.version):
        print(f"Fetching Neo4j {release(options.version).neo4j} with Maven …", file=sys.stderr)
    print("Starting …", file=sys.stderr)
    with server:
        print(_how_to_use(server), flush=True)
        with suppress(KeyboardInterrupt):
            while server.pid is not None:
                time.sleep(0.5)
            raise ServerError(f"Neo4j ended by itself; see {server.log}")
        print("Stopping …", file=sys.stderr)


def _how_to_use(server: Neo4jServer) -> str:
    variables = {"COHABIT_STORE": f"neo4j://{HOST}:{server.bolt_port}"}
    if server.auth:
        variables |= {"NEO4J_USERNAME": server.username, "NEO4J_PASSWORD": server.password}
    exports = "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    return "\n".join(
        [
            f"Neo4j     {release(server.version).neo4j} in {server.home}",
            f"Bolt      {server.bolt_uri}",
            f"Browser   {server.http_uri}/browser/?dbms={server.bolt_uri}",
            f"User      {server.username or '(no sign-in)'}",
            f"Password  {server.password or '(no sign-in)'}",
            "",
            "In another terminal:",
            f"  {exports}",
            "Ctrl-C ends the server.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
