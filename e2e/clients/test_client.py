"""The client for Python (clients/python) and its pytest fixtures, against the real program."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from conftest import DATABASES, SERVER, psql

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "clients" / "python"))
os.environ.setdefault("CINCHY_EMULATOR", os.environ.get("E2E_BINARY", str(ROOT / "target/debug/cinchy-emulator")))

from cinchy_emulator import Cinchy, CinchyError, Emulator  # noqa: E402
from cinchy_emulator.pytest_plugin import cinchy, cinchy_emulator  # noqa: E402, F401

DEMO = ROOT / "crates/cinchy-seed/demo.yaml"
EMPLOYEES = "/API/HR/Employees"


@pytest.fixture(scope="session")
def cinchy_options():
    return {"seed": DEMO}


def app(url, token):
    """What is tested: it calls the platform twice."""
    return [Cinchy(url).get(EMPLOYEES, token).status for _ in range(2)]


@pytest.fixture(params=DATABASES)
def database(request):
    if request.param == "SQLite":
        yield None
        return
    name = f"cinchy_e2e_{secrets.token_hex(6)}"
    psql(f"create database {name}")
    yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    psql(f"drop database {name} with (force)")


def test_everything_in_a_few_lines(database):
    with Emulator.start(database=database) as cinchy:
        cinchy.seed("users: [{ username: zoe, password: zoe-12345 }]")
        expired = cinchy.token("demo-app", "zoe", defect="expired")
        cinchy.fault("401-once").on("/API/HR/*").add()
        cinchy.clock.advance("1h")
        statuses = app(cinchy.url, expired)
        calls = cinchy.journal(path="/API/HR/*").expect(2, within="5s")
        cinchy.reset()
        with pytest.raises(CinchyError, match="zoe"):
            cinchy.token("demo-app", "zoe")
        assert app(cinchy.url, cinchy.token("demo-app", "ann")) == [200, 200]
    assert statuses == [401, 401]
    assert [call["fault"] for call in calls] == ["401-once", None]
    assert "expired" in calls[1]["reason"]


def test_faults_and_their_counts(cinchy):  # noqa: F811
    token = cinchy.token("demo-app", "ann")
    cinchy.fault("mine").on(EMPLOYEES, user="ann").skip(1).times(2).status(418, {"short": True}).add()
    assert [cinchy.get(EMPLOYEES, token).status for _ in range(4)] == [200, 418, 418, 200]
    assert cinchy.faults()[0]["remaining"] == 0
    cinchy.clear_faults()
    assert cinchy.faults() == []
    cinchy.fault("gone").on(EMPLOYEES).drop("before_headers").add()
    with pytest.raises(OSError):
        cinchy.get(EMPLOYEES, token)


def test_the_fixture_was_reset(cinchy):  # noqa: F811
    assert cinchy.faults() == []
    assert cinchy.journal().entries() == []


def test_the_journal_says_what_came_instead(cinchy):  # noqa: F811
    cinchy.get("/API/HR/Missing", cinchy.token("demo-app", "eve"))
    with pytest.raises(AssertionError, match="came 1:\n  GET /API/HR/Missing -> 404"):
        cinchy.journal(query="HR/*").expect(2, within="20ms")
    with pytest.raises(AssertionError, match="came 1"):
        cinchy.journal(status="4xx").expect(0, within="5s")
    assert cinchy.journal(user="bob").expect(0, within="20ms") == []


def test_seeds_and_problems(cinchy):  # noqa: F811
    users = cinchy.info()["counts"]["users"]
    cinchy.seed("users: [{ username: zoe, password: zoe-12345 }]")
    assert cinchy.info()["counts"]["users"] == users + 1
    cinchy.reset()
    with pytest.raises(CinchyError, match="zoe") as refused:
        cinchy.token("demo-app", "zoe")
    assert refused.value.status == 404


def test_a_control_token():
    with Emulator.start(args=["--control-token", "sesame"]) as platform:
        Cinchy(platform.url, "sesame").info()
        with pytest.raises(CinchyError) as refused:
            Cinchy(platform.url).info()
        assert refused.value.status == 401


def test_a_program_that_cannot_be_started_is_named():
    with pytest.raises(RuntimeError, match="CINCHY_EMULATOR"):
        Emulator.start(program="/nowhere/cinchy-emulator")
    with pytest.raises(RuntimeError, match="nowhere.yaml"):
        Emulator.start(seed="/nowhere.yaml")
