"""The Neo4j server that needs no Docker: installing, finding Java, starting, refusing, stopping."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import AuthError, ClientError

from tests.parts import ROOT, load_tool

tool = load_tool("neo4j_server")
SCRIPT = ROOT / "tools" / "neo4j_server.py"

# Stands for Maven: writes one jar that both POMs share and one for the POM it is given, slowly.
MAVEN = """#!/bin/sh
echo "$@" >> "$MAVEN_LOG"
for word in "$@"; do
  case "$word" in
    -DoutputDirectory=*) folder="${word#-DoutputDirectory=}";;
    */server/pom.xml) own=server;;
    */gds/pom.xml) own=gds;;
  esac
done
sleep 0.3
mkdir -p "$folder"
echo shared > "$folder/shared.jar"
echo "$own" > "$folder/$own.jar"
"""


def executable(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def java_home(folder: Path, version: str, program: str = "#!/bin/sh\n") -> Path:
    executable(folder / "bin" / "java", program)
    (folder / "release").write_text(f'IMPLEMENTOR="Made up"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COHABIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def maven_log(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a made-up Maven first on the PATH and return the file with its calls, one per line."""
    executable(tmp_path / "bin" / "mvn", MAVEN)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MAVEN_LOG", str(tmp_path / "maven.log"))
    return tmp_path / "maven.log"


@contextmanager
def driver(server: Any, password: str | None = None, scheme: str = "bolt") -> Iterator[neo4j.Driver]:
    auth = (server.username, password or server.password)
    with neo4j.GraphDatabase.driver(f"{scheme}://127.0.0.1:{server.bolt_port}", auth=auth) as opened:
        yield opened


def alive(pid: int) -> bool:
    # Not by signal 0: an ended process that nobody has collected yet still takes signals.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return state != "" and not state.startswith("Z")


def guarded(starter: int, pid: int) -> bool:
    """Whether `starter` has a child process that was given `pid` as its last argument."""
    listed = subprocess.run(["ps", "-Aww", "-o", "ppid=,args="], capture_output=True, text=True).stdout
    return any(line.split()[0] == str(starter) and line.split()[-1] == str(pid) for line in listed.splitlines())


def wait_until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"waited 60 s: {what}"
        time.sleep(0.05)


# The real server


def test_gds_answers_in_the_version_that_belongs_to_the_server(neo4j_server: Any) -> None:
    with driver(neo4j_server, scheme="neo4j") as opened:
        gds = opened.execute_query("RETURN gds.version() AS version").records[0]["version"]
        kernel = opened.execute_query(
            "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' "
            "RETURN versions[0] AS version, edition"
        ).records[0]
    expected = {"5.26.30": "2.13.9", "2026.08.1": "2.26.0"}
    assert expected[kernel["version"]] == gds
    assert kernel["version"].startswith(f"{neo4j_server.version}.")
    assert kernel["edition"] == "community"


def test_gds_computes(neo4j_store_uri: str, neo4j_server: Any) -> None:
    with driver(neo4j_server) as opened:
        opened.execute_query("UNWIND range(1, 3) AS i CREATE (:Spoke)-[:TO]->(:Spoke) MERGE (:Hub)")
        opened.execute_query("MATCH (s:Spoke), (h:Hub) CREATE (s)-[:TO]->(h)")
        opened.execute_query("CALL gds.graph.project('star', '*', '*') YIELD nodeCount RETURN nodeCount")
        records = opened.execute_query(
            "CALL gds.degree.stream('star', {orientation: 'REVERSE'}) YIELD score RETURN score ORDER BY score DESC"
        ).records
    # The hub has six incoming relationships, three of the spokes have one.
    assert [record["score"] for record in records] == [6, 1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("access", [neo4j.READ_ACCESS, neo4j.WRITE_ACCESS])
def test_load_csv_of_a_local_file_is_refused(neo4j_server: Any, tmp_path: Path, access: str) -> None:
    file = tmp_path / "some.csv"
    file.write_text("a,b\n")
    with (
        driver(neo4j_server) as opened,
        opened.session(default_access_mode=access) as session,
        pytest.raises(ClientError) as refused,
    ):
        session.run(f"LOAD CSV FROM '{file.as_uri()}' AS row RETURN row").consume()
    assert "allow_csv_import_from_file_urls" in str(refused.value)


def test_a_wrong_password_is_refused_and_the_right_one_still_works(neo4j_server: Any) -> None:
    with driver(neo4j_server, password="not-this-one") as opened, pytest.raises(AuthError):
        opened.verify_connectivity()
    with driver(neo4j_server) as opened:
        assert opened.execute_query("RETURN 1 AS one").records[0]["one"] == 1


def test_the_password_every_new_server_has_is_gone(neo4j_server: Any) -> None:
    with driver(neo4j_server, password="neo4j") as opened, pytest.raises(AuthError):
        opened.verify_connectivity()


def test_browser_is_served(neo4j_server: Any) -> None:
    with urllib.request.urlopen(f"{neo4j_server.http_uri}/browser/") as answer:
        assert answer.status == 200
        assert b"<title>Neo4j Browser</title>" in answer.read()


def test_browser_is_told_the_right_port(neo4j_server: Any) -> None:
    with urllib.request.urlopen(neo4j_server.http_uri) as answer:
        told = json.loads(answer.read())
    assert told["bolt_direct"] == neo4j_server.bolt_uri
    assert told["bolt_routing"] == f"neo4j://127.0.0.1:{neo4j_server.bolt_port}"


def test_the_server_listens_on_loopback_only(neo4j_server: Any) -> None:
    with driver(neo4j_server) as opened:
        settings = opened.execute_query(
            "SHOW SETTINGS YIELD name, value WHERE name ENDS WITH 'listen_address' RETURN name, value"
        ).records
    listening = {record["name"]: record["value"] for record in settings}
    assert listening["server.bolt.listen_address"] == f"127.0.0.1:{neo4j_server.bolt_port}"
    assert listening["server.http.listen_address"] == f"127.0.0.1:{neo4j_server.http_port}"
    assert listening["server.default_listen_address"] == "127.0.0.1"


def test_emptying_leaves_a_database_as_after_the_first_start(neo4j_server: Any) -> None:
    with driver(neo4j_server) as opened:
        opened.execute_query("UNWIND range(1, 20500) AS i CREATE (:Left {n: i})-[:TO]->(:Right {n: i})")
        opened.execute_query("CREATE CONSTRAINT `odd ``name` FOR (l:Left) REQUIRE l.n IS UNIQUE")
        opened.execute_query("CREATE INDEX plain FOR (r:Right) ON (r.n)")
        opened.execute_query("CREATE FULLTEXT INDEX words FOR (r:Right) ON EACH [r.text]")
        opened.execute_query("CALL gds.graph.project('both', '*', '*') YIELD nodeCount RETURN nodeCount")
        neo4j_server.empty()
        assert opened.execute_query("MATCH (n) RETURN count(n) AS n").records[0]["n"] == 0
        assert opened.execute_query("SHOW CONSTRAINTS").records == []
        indexes = opened.execute_query("SHOW INDEXES YIELD type RETURN type").records
        assert [record["type"] for record in indexes] == ["LOOKUP", "LOOKUP"]
        assert opened.execute_query("CALL gds.graph.list() YIELD graphName").records == []


def test_the_store_fixture_is_empty_and_sets_the_environment(neo4j_store_uri: str, neo4j_server: Any) -> None:
    assert neo4j_store_uri == f"bolt://127.0.0.1:{neo4j_server.bolt_port}"
    auth = (os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"])
    with neo4j.GraphDatabase.driver(neo4j_store_uri, auth=auth) as opened:
        assert opened.execute_query("MATCH (n) RETURN count(n) AS n").records[0]["n"] == 0


def test_command_line_serves_keeps_its_data_and_ends_the_server(neo4j_server: Any, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NEO4J_PASSWORD"}
    environment["JAVA_TOOL_OPTIONS"] = "-XX:TieredStopAtLevel=1"
    bolt, http = tool._ports(None, None)
    command = [sys.executable, str(SCRIPT), "--version", neo4j_server.version, "--data", str(tmp_path / "kept")]
    command += ["--bolt-port", str(bolt), "--http-port", str(http)]
    passwords = []
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            printed = "".join(iter(process.stdout.readline, "Ctrl-C ends the server.\n"))
            try:
                said = dict(line.split(maxsplit=1) for line in printed.splitlines()[:5])
                assert said["Bolt"] == f"bolt://127.0.0.1:{bolt}"
                assert said["User"] == "neo4j"
                assert (
                    f"export COHABIT_STORE=neo4j://127.0.0.1:{bolt} NEO4J_USERNAME=neo4j "
                    f"NEO4J_PASSWORD={said['Password']}" in printed
                )
                passwords.append(said["Password"])
                with neo4j.GraphDatabase.driver(said["Bolt"], auth=("neo4j", said["Password"])) as opened:
                    opened.execute_query("CREATE (:Kept)")
                    count = opened.execute_query("MATCH (k:Kept) RETURN count(k) AS n").records[0]["n"]
                with urllib.request.urlopen(said["Browser"]) as answer:
                    assert answer.status == 200
            finally:
                process.send_signal(interrupt)
            assert process.wait(60) == 0
        assert not tool._answers(bolt)
    # The random password of the first start and the node of the first start are still there in the second.
    assert passwords[0] == passwords[1]
    assert count == 2
    assert (tmp_path / "kept" / "password").stat().st_mode & 0o777 == 0o600


def test_stop_ends_the_process_and_without_auth_everyone_gets_in(neo4j_server: Any, tmp_path: Path) -> None:
    options = ["-XX:TieredStopAtLevel=1"]
    with tool.Neo4jServer(neo4j_server.version, tmp_path, auth=False, java_options=options) as server:
        pid = server.pid
        assert pid != neo4j_server.pid
        assert alive(pid)
        with neo4j.GraphDatabase.driver(server.bolt_uri) as opened:
            assert opened.execute_query("RETURN 1 AS one").records[0]["one"] == 1
        same_folder = tool.Neo4jServer(neo4j_server.version, tmp_path, auth=False, java_options=options)
        with pytest.raises(tool.ServerError, match="Lock file has been locked by another process") as refused:
            same_folder.start()
        assert same_folder.pid is None
        assert "\n" not in str(refused.value)
    assert not alive(pid)
    assert server.pid is None
    assert not tool._answers(server.bolt_port)
    assert not tool._answers(server.http_port)
    server.stop()
    with driver(neo4j_server) as opened:
        opened.verify_connectivity()


# Starting, with a made-up Java


@pytest.fixture
def made_up_java(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a Java program that writes its process id to `pid`, its words to `words` and sleeps."""
    (cache / "neo4j" / tool.RELEASES["5"].folder).mkdir(parents=True)
    script = f'#!/bin/sh\necho "$@" > {tmp_path}/words\necho $$ > {tmp_path}/pid\nexec sleep 100\n'
    home = java_home(tmp_path / "jdk", "17.0.9", script)
    monkeypatch.setenv("JAVA_HOME", str(home))
    return home / "bin" / "java"


def test_a_server_that_ends_at_once_is_told_in_one_line(made_up_java: Path, tmp_path: Path) -> None:
    trace = "ERROR Failed to start\\njava.lang.RuntimeException: no\\nCaused by: disk is full\\n\\tat x.y(z)\\n"
    executable(made_up_java, f"#!/bin/sh\nprintf '{trace}'\nexit 1\n")
    server = tool.Neo4jServer("5", tmp_path / "home")
    with pytest.raises(tool.ServerError) as refused:
        server.start()
    log = tmp_path / "home" / "logs" / "console.log"
    assert str(refused.value) == f"Neo4j ended while starting: disk is full (log: {log})"


def test_a_server_that_never_answers_is_ended(made_up_java: Path, tmp_path: Path) -> None:
    server = tool.Neo4jServer("5", tmp_path / "home", timeout=3)
    with pytest.raises(tool.ServerError, match=r"^Neo4j did not answer within 3 s: no output \(log: .+\)$"):
        server.start()
    pid = int((tmp_path / "pid").read_text())
    assert not alive(pid)
    assert server.pid is None


def test_the_server_ends_when_its_starter_is_killed(made_up_java: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--data", str(tmp_path / "home")]
    bolt, http = tool._ports(None, None)
    command += ["--bolt-port", str(bolt), "--http-port", str(http)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as starter:
        try:
            pid_file = tmp_path / "pid"
            wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), "Java starts")
            pid = int(pid_file.read_text())
            assert alive(pid)
            wait_until(lambda: guarded(starter.pid, pid), "the guard is there")
        finally:
            starter.kill()
    wait_until(lambda: not alive(pid), "Java ends")


def test_a_taken_port_is_refused_before_anything_starts(made_up_java: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(tool.ServerError, match=rf"^port {port} cannot be used \(.+\); choose another$"):
            tool.Neo4jServer("5", tmp_path / "home", bolt_port=port).start()
    assert not (tmp_path / "pid").exists()


def test_ports_not_given_differ(tmp_path: Path) -> None:
    server = tool.Neo4jServer("5", tmp_path / "home")
    assert server.bolt_port != server.http_port
    assert not (tmp_path / "home").exists()


# Installing, with a made-up Maven


def test_installing_sorts_the_jars_and_happens_once(cache: Path, maven_log: Path) -> None:
    assert not tool.installed("5")
    folder = tool.install("5")
    assert folder.parent == cache / "neo4j"
    assert tool.installed("5")
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.jar")) == [
        "lib/server.jar",
        "lib/shared.jar",
        "plugins/gds.jar",
    ]
    assert tool.install("5") == folder
    calls = maven_log.read_text().splitlines()
    assert len(calls) == 2
    assert all("-Dneo4j.version=5.26.30" in call and "-Dgds.version=2.13.9" in call for call in calls)


def test_processes_installing_at_once_share_one_download(cache: Path, maven_log: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--install-only", "--version", "2026"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert printed == {str(tool.jars_dir("2026"))}
    assert len(maven_log.read_text().splitlines()) == 2
    assert (tool.jars_dir("2026") / "plugins" / "gds.jar").read_text() == "gds\n"


def test_what_a_killed_install_left_is_not_taken_for_jars(cache: Path, maven_log: Path) -> None:
    left = cache / "neo4j" / f"{tool.RELEASES['5'].folder}.partial"
    (left / "lib").mkdir(parents=True)
    (left / "lib" / "half.jar").touch()
    assert not tool.installed("5")
    folder = tool.install("5")
    assert not (folder / "lib" / "half.jar").exists()
    assert not left.exists()


def test_a_failing_maven_is_told_in_one_line(tmp_path: Path, cache: Path, maven_log: Path) -> None:
    executable(tmp_path / "bin" / "mvn", "#!/bin/sh\necho '[ERROR] no such artifact'\necho more\nexit 1\n")
    with pytest.raises(tool.ServerError) as refused:
        tool.install("5")
    expected = "Maven could not fetch Neo4j 5.26.30 with GDS 2.13.9: [ERROR] no such artifact"
    assert str(refused.value) == expected
    assert not tool.installed("5")


def test_without_maven_the_command_line_says_so(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool.main(["--install-only"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "neo4j_server: Maven (mvn) is not on the PATH: install it, it fetches the Neo4j jars\n"


# Finding Java


def test_the_oldest_suitable_java_home_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JAVA_HOME")]:
        monkeypatch.delenv(name)
    for name, version in [("JAVA_HOME", "25"), ("JAVA_HOME_21_X64", "21.0.1"), ("JAVA_HOME_11", "11.0.2")]:
        monkeypatch.setenv(name, str(java_home(tmp_path / name, version)))
    assert tool.find_java("5") == (tmp_path / "JAVA_HOME_21_X64" / "bin" / "java", 21)
    monkeypatch.setenv("JAVA_HOME_17", str(java_home(tmp_path / "JAVA_HOME_17", "17.0.9")))
    assert tool.find_java("5") == (tmp_path / "JAVA_HOME_17" / "bin" / "java", 17)
    assert tool.find_java("2026") == (tmp_path / "JAVA_HOME_21_X64" / "bin" / "java", 21)


def test_java_without_a_release_file_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = java_home(tmp_path, "1", "#!/bin/sh\necho 'openjdk version \"23.0.1\" 2024-10-15' >&2\n")
    (home / "release").unlink()
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert tool.find_java("2026") == (home / "bin" / "java", 23)


def test_no_suitable_java_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = [java_home(tmp_path / "old", "11.0.2"), java_home(tmp_path / "newer", "17.0.9"), tmp_path / "empty"]
    monkeypatch.setattr(tool, "_named_java_homes", list)
    monkeypatch.setattr(tool, "_other_java_homes", lambda: iter(homes))
    with pytest.raises(tool.ServerError) as refused:
        tool.find_java("2026")
    assert str(refused.value) == (
        "Neo4j 2026.08.1 needs Java 21 or newer (found: 11, 17); install such a JDK or set JAVA_HOME to one"
    )


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tool.ServerError, match=r"^no Neo4j version '4' here; there are 5 and 2026$"):
        tool.Neo4jServer("4", tmp_path).start()


# What of a log is shown


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", "no output"),
        ("one\ntwo\n\n", "two"),
        ("INFO a\nERROR b\nERROR c\nINFO d\n", "ERROR b"),
        ("ERROR a\nCaused by: b\n\tat c\nCaused by: d\n\tat e\n", "d"),
        ('Exception in thread "main" x: y\n\tat z\nINFO Stopped.\n', 'Exception in thread "main" x: y'),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_the_telling_line(output: str, line: str) -> None:
    assert tool.telling_line(output) == line


def test_the_poms_are_whole_without_the_tool() -> None:
    # The defaults in the POMs are what a reader and a dependency checker see.
    newest = tool.RELEASES["5"]
    for pom in ("server", "gds"):
        text = (ROOT / "tools" / "neo4j" / pom / "pom.xml").read_text()
        assert f"<neo4j.version>{newest.neo4j}</neo4j.version>" in text
        assert f"<browser.version>{tool.BROWSER_VERSION}</browser.version>" in text
    assert f"<gds.version>{newest.gds}</gds.version>" in text
