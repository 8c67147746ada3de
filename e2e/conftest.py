"""Emulators for the Python suites: the debug binary on a free port, with a database of its own.

    def test_rows(emulator):                      # the demo, on each database
        rows = requests.get(f"{emulator.url}/API/HR/Employees", headers=emulator.bearer()).json()

    def test_more(start):                         # with seeds or options of one's own
        emulator = start(seeds=[DEMO, {"queries": [...]}], args=["--faithful"])
"""

import json
import os
import secrets
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("E2E_BINARY", str(ROOT / "target/debug/cinchy-emulator"))
SERVER = os.environ.get("TEST_DATABASE_URL")
DATABASES = ["SQLite", "PostgreSQL"] if SERVER else ["SQLite"]


def psql(sql):
    subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--command={sql}", SERVER],
        check=True,
        capture_output=True,
    )


class Emulator:
    """A running emulator: what its locator file says, and tokens."""

    def __init__(self, folder, database, seeds, args, before=None):
        folder.mkdir()
        self.folder = folder
        self.database = database
        self._name = None
        options = [BINARY, "serve", "--listen", "127.0.0.1:0", "--locator", str(folder / "locator.json")]
        for number, seed in enumerate(seeds):
            if not isinstance(seed, (str, Path)):
                file = folder / f"seed-{number}.json"
                file.write_text(json.dumps(seed))
                seed = file
            options += ["--seed", str(seed)]
        if database == "PostgreSQL":
            self._name = f"cinchy_e2e_{secrets.token_hex(6)}"
            psql(f"create database {self._name}")
            options += ["--database", urlunsplit(urlsplit(SERVER)._replace(path=f"/{self._name}"))]
        self._log = open(folder / "log", "w+")
        self.process = subprocess.Popen(options + list(args), stdout=subprocess.DEVNULL, stderr=self._log, preexec_fn=before)
        locator = folder / "locator.json"
        while not locator.exists():
            if self.process.poll() is not None:
                self.stop()
                raise RuntimeError(f"the emulator did not start:\n{self.log()}")
            time.sleep(0.02)
        self.ready = json.loads(locator.read_text())
        self.url = self.ready["url"]
        self.sso_url = self.ready["ssoUrl"]

    def memory(self, what="VmRSS"):
        """KiB of memory that it holds, or held at most (`VmHWM`)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(what)).split()[1])

    def open_files(self):
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def refuse_connections(self, refuse):
        """Takes its PostgreSQL database away, or gives it back."""
        psql(f"alter database {self._name} with allow_connections {not refuse}")
        if refuse:
            self.cut_connections()

    def cut_connections(self):
        """Ends its connections to PostgreSQL, as a restart of the server does; they are gone when it returns."""
        psql(f"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{self._name}'")

    def log(self):
        """What it wrote to its log so far."""
        self._log.flush()
        return Path(self._log.name).read_text()

    def token(self, username=None, password=None):
        """The answer of the token endpoint to the password grant."""
        answer = requests.post(
            f"{self.sso_url}/identity/connect/token",
            data={
                "grant_type": "password",
                "scope": "js_api openid id",
                "client_id": self.ready["clientId"],
                "client_secret": self.ready["clientSecret"],
                "username": username or self.ready["username"],
                "password": password or self.ready["password"],
            },
        )
        answer.raise_for_status()
        return answer.json()

    def bearer(self, username=None, password=None):
        """The header of a call by this user."""
        return {"Authorization": f"Bearer {self.token(username, password)['access_token']}"}

    def stop(self):
        """Ends it, and drops its database."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        if self._name:
            psql(f"drop database {self._name} with (force)")
            self._name = None


@pytest.fixture(params=DATABASES)
def start(request, tmp_path):
    """Starts emulators on one of the databases; they end with the test."""
    running = []

    def starter(seeds=(), args=(), before=None):
        emulator = Emulator(tmp_path / f"emulator-{len(running)}", request.param, seeds, args, before)
        running.append(emulator)
        return emulator

    yield starter
    for emulator in running:
        emulator.stop()


@pytest.fixture
def emulator(start):
    """An emulator with the demo."""
    return start()
