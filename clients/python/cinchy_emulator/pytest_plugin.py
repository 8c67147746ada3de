"""Fixtures for pytest. ``cinchy`` is a platform for one test: reset when the test ends.

The seed is the ini option ``cinchy_seed`` (files, beside pytest.ini), or what a fixture ``cinchy_options`` of the test
suite says: the arguments of :meth:`cinchy_emulator.Emulator.start`.
"""

import pytest

from . import Emulator


def pytest_addoption(parser):
    parser.addini("cinchy_seed", "seed files for the emulator", type="paths", default=[])


@pytest.fixture(scope="session")
def cinchy_options(request):
    """Arguments of Emulator.start; override it in a conftest.py."""
    return {"seed": list(request.config.getini("cinchy_seed"))}


@pytest.fixture(scope="session")
def cinchy_emulator(cinchy_options):
    """The emulator of this test run, or of this worker of pytest-xdist."""
    with Emulator.start(**cinchy_options) as emulator:
        yield emulator


@pytest.fixture
def cinchy(cinchy_emulator):
    """The platform at the base seed; whatever a test does to it is gone after it."""
    yield cinchy_emulator
    cinchy_emulator.reset()
