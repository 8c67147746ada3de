"""What goes wrong around a large answer, an upload, and the database: nothing leaks, and the next call works."""

import concurrent.futures
import csv
import io
import resource
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

DEMO = Path(__file__).resolve().parents[2] / "crates/cinchy-seed/demo.yaml"
ALL = {"groups": ["All Users"]}
COLUMNS = "[Cinchy].[Table Columns]"
SEED = {
    "queries": [
        {
            "domain": "Big",
            "name": "Million",
            "cql": f"SELECT TOP 1000000 a.[Cinchy Id], a.[Name], b.[Name] AS 'Other' FROM {COLUMNS} a CROSS JOIN {COLUMNS} b CROSS JOIN {COLUMNS} c",
            "timeout": 600,
            "execute": ALL,
        },
        {
            "domain": "Big",
            "name": "Endless",
            "cql": f"SELECT a.[Name], b.[Name] AS 'Other' FROM {COLUMNS} a CROSS JOIN {COLUMNS} b CROSS JOIN {COLUMNS} c",
            "timeout": 2,
            "execute": ALL,
        },
    ],
    "tables": [
        {
            "domain": "Big",
            "name": "Papers",
            "columns": [
                {"name": "Title", "type": "Text"},
                {"name": "Files", "type": "Link", "table": "Cinchy.Files", "column": "File Name", "multi": True},
            ],
            "rows": [["one"]],
            "entitlements": [{"groups": ["All Users"], "viewAll": True, "editAll": True, "directQuery": True}],
        }
    ],
}
SEEDS = [DEMO, SEED]


def works(emulator, headers):
    """The next call works, also as many at once as there may be connections to the database."""
    url = f"{emulator.url}/API/HR/Employees"
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: requests.get(url, headers=headers, timeout=60), range(16)))
    assert [answer.status_code for answer in answers] == [200] * 16
    assert all(len(answer.json()["data"]) == 12 for answer in answers)
    assert "panicked" not in emulator.log()


def settles(fact):
    """Waits until something holds that must come true soon."""
    deadline = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < deadline, "never"
        time.sleep(0.05)


def ask(emulator, headers, path):
    """A call on a socket of its own; the socket, with the answer under way."""
    connection = socket.create_connection(("127.0.0.1", urlsplit(emulator.url).port))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    return connection


def test_a_million_rows_in_bounded_memory(start, capsys):
    emulator = start(seeds=SEEDS)
    headers = emulator.bearer()
    works(emulator, headers)
    rest = emulator.memory()
    url = f"{emulator.url}/API/Big/Million?ResultFormat=CSV"
    rows = 0
    with requests.get(url, headers={**headers, "Accept-Encoding": "identity"}, stream=True) as answer:
        for row in csv.reader(io.TextIOWrapper(answer.raw, encoding="utf-8", newline="")):
            rows += 1
            if rows == 1000:
                # While one reads slowly, others are served.
                works(emulator, headers)
                time.sleep(1)
    assert rows == 1_000_001
    more = emulator.memory("VmHWM") - rest
    with capsys.disabled():
        print(f" {emulator.database}: {rest / 1024:.1f} MiB at rest, {more / 1024:.1f} MiB more at most ", end="")
    assert more < 64 * 1024, f"{more} KiB more than at rest"


def test_clients_that_go_away_leave_nothing(start):
    emulator = start(seeds=SEEDS)
    headers = emulator.bearer()
    works(emulator, headers)
    before = emulator.open_files()
    for _ in range(40):
        ask(emulator, headers, "/API/Big/Million").close()
    works(emulator, headers)
    settles(lambda: emulator.open_files() <= before + 20)


def test_a_timeout_in_the_middle_cuts_the_answer(start):
    emulator = start(seeds=SEEDS)
    headers = emulator.bearer()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{emulator.url}/API/Big/Endless", headers=headers)
    works(emulator, headers)


def test_readers_that_stop_reading_hold_up_nobody(start):
    emulator = start(seeds=SEEDS)
    headers = emulator.bearer()
    # Fewer than there are connections to the database.
    stuck = [ask(emulator, headers, "/API/Big/Million") for _ in range(4)]
    works(emulator, headers)
    for connection in stuck:
        connection.close()
    works(emulator, headers)


def test_a_database_that_goes_away_and_comes_back(start):
    emulator = start(seeds=SEEDS)
    if emulator.database != "PostgreSQL":
        return
    headers = emulator.bearer()
    works(emulator, headers)
    call = lambda: requests.get(f"{emulator.url}/API/HR/Employees", headers=headers, timeout=60)
    # Connections are cut that were in use a moment ago: no call meets one.
    emulator.cut_connections()
    works(emulator, headers)
    # A server that was restarted while nobody called.
    emulator.cut_connections()
    time.sleep(1.1)
    works(emulator, headers)
    # In the middle of an answer.
    with ask(emulator, headers, "/API/Big/Million") as connection:
        emulator.cut_connections()
        rest = b""
        while received := connection.recv(1 << 20):
            rest = received
        assert not rest.endswith(b"0\r\n\r\n"), "cut, not ended"
    settles(lambda: call().status_code == 200)
    # Gone: a clear refusal, and no hanging.
    emulator.refuse_connections(True)
    assert call().status_code == 503
    assert requests.get(f"{emulator.url}/readyz", timeout=60).status_code == 503
    assert requests.get(f"{emulator.url}/livez", timeout=60).status_code == 200
    emulator.refuse_connections(False)
    settles(lambda: call().status_code == 200)
    works(emulator, headers)


def test_a_full_disk_keeps_nothing_of_an_upload(start):
    def disk(size):
        return resource.RLIMIT_FSIZE, (size << 20, resource.RLIM_INFINITY)

    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(*disk(16))

    emulator = start(seeds=SEEDS, before=small_disk)
    if emulator.database != "SQLite":
        return
    headers = emulator.bearer()
    cell = f"{emulator.url}/api/files/v1.0/Big/Papers/1/Files"

    def upload(size):
        return requests.post(cell, headers=headers, files={"files": ("noise.bin", bytes(size))}, timeout=60)

    def files():
        query = {"Query": "SELECT COUNT(*) FROM [Cinchy].[Files]"}
        return requests.post(f"{emulator.url}/API/ExecuteCQL", headers=headers, data=query).json()["data"][0][0]

    assert upload(1 << 20).status_code == 200
    for _ in range(3):
        assert upload(40 << 20).status_code == 503
        assert files() == 1
    works(emulator, headers)
    # With room again, everything goes on.
    resource.prlimit(emulator.process.pid, *disk(1024))
    assert upload(40 << 20).status_code == 200
    assert files() == 2
    assert len(requests.get(cell, headers=headers).content) == 1 << 20
    works(emulator, headers)
