"""Starts a cinchy-emulator from a test and drives its control API. Only the standard library is needed.

The program is the one that ``CINCHY_EMULATOR`` names, else ``cinchy-emulator`` on ``PATH``.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Iterable, Optional, Union

__all__ = ["Answer", "Cinchy", "CinchyError", "Clock", "Emulator", "Fault", "Journal"]

# The control API is local: a proxy of the environment must not see it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CinchyError(Exception):
    """A call that was answered otherwise than hoped."""

    def __init__(self, call: str, status: int, body: Any):
        detail = body.get("detail", body) if isinstance(body, dict) else body
        super().__init__(f"{call} was answered {status}: {detail}")
        self.status = status
        self.body = body


class Answer:
    """What a call of the platform gave."""

    def __init__(self, status: int, headers: Any, content: bytes):
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def text(self) -> str:
        return self.content.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.content)


def _send(method: str, url: str, headers: dict, body: Optional[bytes], timeout: float) -> Answer:
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with _opener.open(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


class Cinchy:
    """One platform: that of an emulator, or an instance of it."""

    def __init__(self, url: str, control_token: Optional[str] = None, ready: Optional[dict] = None):
        self.url = url.rstrip("/")
        self.control_token = control_token
        self.ready = ready or {}
        self.clock = Clock(self)

    def control(self, method: str, path: str, body: Any = None, accept: Iterable[int] = ()) -> Any:
        """A call of the control API: ``control("POST", "reset")``. Gives its JSON, its text, or None."""
        headers = {}
        data = None
        if isinstance(body, str):
            headers["Content-Type"] = "application/yaml"
            data = body.encode("utf-8")
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode("utf-8")
        if self.control_token:
            headers["Authorization"] = f"Bearer {self.control_token}"
        # The longest wait of the journal, and some more.
        answer = _send(method, f"{self.url}/_emulator/{path}", headers, data, timeout=330)
        kind = answer.headers.get("Content-Type") or ""
        result = answer.json() if "json" in kind else (answer.text or None)
        if answer.status >= 400 and answer.status not in accept:
            raise CinchyError(f"{method} /_emulator/{path}", answer.status, result)
        return result

    def request(self, method: str, path: str, token: Optional[str] = None, form: Optional[dict] = None,
                headers: Optional[dict] = None) -> Answer:
        """A call of the platform itself, with a bearer token. A refusal is an answer, not an exception."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        body = urllib.parse.urlencode(form).encode("ascii") if form is not None else None
        return _send(method, self.url + path, sent, body, timeout=60)

    def get(self, path: str, token: Optional[str] = None) -> Answer:
        return self.request("GET", path, token)

    def info(self) -> dict:
        return self.control("GET", "info")

    def reset(self) -> None:
        """Back to the base seed: data, clock, faults, journal, sessions."""
        self.control("POST", "reset")

    def seed(self, seed: Union[str, dict], mode: str = "merge") -> dict:
        """Applies a seed, YAML text or a dictionary; ``mode`` is ``merge`` or ``replace``."""
        return self.control("POST", f"seed?mode={mode}", seed)

    def token(self, client: Optional[str] = None, user: Optional[str] = None, **options: Any) -> str:
        """A token for a user, without a password: ``token("my-app", "ann", defect="expired")``.

        Options: ``scopes``, ``lifetime``, ``claims``, ``kind`` (access, id, pat), ``defect``.
        """
        wanted = {"client": client, "user": user, **options}
        answer = self.control("POST", "tokens", {k: v for k, v in wanted.items() if v is not None})
        return answer.get("access_token") or answer.get("id_token") or answer["token"]

    def fault(self, name: str) -> "Fault":
        """A fault to order: ``cinchy.fault("401-once").on("/API/HR/*").add()``."""
        return Fault(self, name)

    def faults(self) -> list:
        return self.control("GET", "faults")["faults"]

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def journal(self, **filters: Any) -> "Journal":
        """Requests that were answered: ``cinchy.journal(path="/API/HR/*").expect(2, within="5s")``."""
        return Journal(self, filters)

    def snapshot(self, name: str) -> None:
        self.control("PUT", f"snapshots/{_quoted(name)}")

    def restore(self, name: str) -> None:
        self.control("POST", f"snapshots/{_quoted(name)}/restore")

    def diff(self, before: str, after: str = "live") -> dict:
        return self.control("GET", f"snapshots/{_quoted(before)}/diff/{_quoted(after)}")

    def instance(self, name: str) -> "Cinchy":
        """Another platform of the same emulator, with data, keys, clock, faults and journal of its own."""
        self.control("PUT", f"instances/{_quoted(name)}", accept=[409])
        root = self.url.split("/i/")[0]
        return Cinchy(f"{root}/i/{name}", self.control_token, self.ready)

    def explain(self, **question: Any) -> dict:
        """Why a user may or may not: ``explain(user="eve", domain="HR", query="Employees")``."""
        return self.control("POST", "explain", question)


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")


class Emulator(Cinchy):
    """An emulator that this process started; a context manager."""

    def __init__(self, process: subprocess.Popen, folder: str, ready: dict, control_token: Optional[str]):
        super().__init__(ready["url"], control_token, ready)
        self._process = process
        self._folder = folder

    @classmethod
    def start(cls, seed: Union[str, os.PathLike, Iterable, None] = None, database: Optional[str] = None,
              args: Iterable[str] = (), program: Optional[str] = None, timeout: float = 30) -> "Emulator":
        """Starts one on a free port and waits until it is seeded."""
        command = program or os.environ.get("CINCHY_EMULATOR") or "cinchy-emulator"
        folder = tempfile.mkdtemp(prefix="cinchy-client-")
        locator = Path(folder, "locator.json")
        errors = Path(folder, "stderr")
        full = [command, "serve", "--listen", "127.0.0.1:0", "--locator", str(locator)]
        seeds = [seed] if isinstance(seed, (str, os.PathLike)) else list(seed or [])
        for file in seeds:
            full += ["--seed", os.fspath(file)]
        if database:
            full += ["--database", database]
        args = list(args)
        process = None
        try:
            with open(errors, "wb") as log:
                try:
                    process = subprocess.Popen(full + args, stdin=subprocess.DEVNULL,
                                               stdout=subprocess.DEVNULL, stderr=log)
                except OSError as error:
                    raise RuntimeError(
                        f"{command} could not be started ({error}); set CINCHY_EMULATOR to the program") from error
            deadline = time.monotonic() + timeout
            while not locator.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended early ({process.returncode}): {errors.read_text()}")
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{command} was not ready in {timeout} s: {errors.read_text()}")
                time.sleep(0.02)
            ready = json.loads(locator.read_text())
        except BaseException:
            if process and process.poll() is None:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        token = args[args.index("--control-token") + 1] if "--control-token" in args else None
        emulator = cls(process, folder, ready, token)
        # A test run that ends without `stop` takes it along.
        atexit.register(emulator.stop)
        return emulator

    def stop(self) -> None:
        """Stops it, and waits until it is gone."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()


class Clock:
    """The clock of a platform; tokens, sessions, lock-outs and GETDATE() go by it."""

    def __init__(self, cinchy: Cinchy):
        self._cinchy = cinchy

    def advance(self, by: Union[str, float]) -> dict:
        """``advance("1h")``, ``advance("PT15M")``."""
        return self._cinchy.control("PUT", "clock", {"advance": by})

    def freeze(self, at: Union[str, bool] = True) -> dict:
        """Stops it at a time (``2027-01-01T00:00:00Z``), or at the present one."""
        return self._cinchy.control("PUT", "clock", {"freeze": at})

    def real(self) -> dict:
        """Lets it run with the machine's again."""
        return self._cinchy.control("DELETE", "clock")

    def now(self) -> str:
        return self._cinchy.control("GET", "clock")["now"]


class Fault:
    """A fault in the making; ``add`` orders it."""

    def __init__(self, cinchy: Cinchy, name: str):
        self._cinchy = cinchy
        self._fault: dict = {"name": name, "match": {}}

    def _effect(self, **part: Any) -> "Fault":
        self._fault.setdefault("effect", {}).update(part)
        return self

    def on(self, path: Optional[str] = None, **match: str) -> "Fault":
        """A glob over the path; further ``method``, ``user``, ``client``, ``query``."""
        if path is not None:
            match["path"] = path
        self._fault["match"].update(match)
        return self

    def times(self, times: Optional[int]) -> "Fault":
        """So often; ``None`` is until it is deleted."""
        self._fault["times"] = times
        return self

    def every(self, nth: int) -> "Fault":
        self._fault["every"] = nth
        return self

    def skip(self, count: int) -> "Fault":
        self._fault["skip"] = count
        return self

    def status(self, status: int, body: Any = None, headers: Optional[dict] = None) -> "Fault":
        self._effect(status=status)
        if body is not None:
            self._effect(body=body)
        return self._effect(headers=headers) if headers else self

    def delay(self, duration: str) -> "Fault":
        return self._effect(delay=duration)

    def drop(self, at: str) -> "Fault":
        """``before_headers``, ``after_headers`` or ``mid_body``."""
        return self._effect(drop=at)

    def throttle(self, rate: str) -> "Fault":
        return self._effect(throttle=rate)

    def add(self) -> dict:
        return self._cinchy.control("POST", "faults", self._fault)


class Journal:
    """Requests that were answered."""

    def __init__(self, cinchy: Cinchy, filters: dict):
        self._cinchy = cinchy
        self._filters = filters

    def _query(self, **more: Any) -> str:
        return urllib.parse.urlencode({k: v for k, v in {**self._filters, **more}.items() if v is not None})

    def entries(self) -> list:
        return self._cinchy.control("GET", f"journal?{self._query()}")["entries"]

    def clear(self) -> None:
        self._cinchy.control("DELETE", "journal")

    def expect(self, count: int, within: str = "5s") -> list:
        """Waits for so many and gives them; with 0 it fails when one comes."""
        question = self._query(count=count, timeout=within)
        page = self._cinchy.control("GET", f"journal/await?{question}", accept=[408, 409])
        found = page["entries"]
        met = not found if count == 0 else len(found) >= count
        if not met:
            came = "".join(f"\n  {e['method']} {e['path']} -> {e['status']} {e['reason'] or ''}" for e in found)
            raise AssertionError(f"expected {count} within {within}, came {len(found)}:{came}")
        return found
