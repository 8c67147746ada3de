"""Random calls of everything that /openapi.json describes: whatever comes, the emulator answers and goes on.

Bounded and the same in each run: a few dozen right and wrong calls of each operation.
"""

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.generation import GenerationMode

EXAMPLES = 6


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_no_call_breaks_the_emulator(emulator, mode):
    headers = emulator.bearer()
    schema = schemathesis.openapi.from_url(f"{emulator.url}/openapi.json", headers=headers)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        tried += 1

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def call(case):
            response = case.call(headers=headers, timeout=30)
            assert response.status_code < 500, f"{case.as_curl_command()}\n{response.status_code} {response.text}"

        try:
            call()
        except hypothesis.errors.Unsatisfiable:
            # Nothing is wrong for an operation that takes no input.
            assert mode == GenerationMode.NEGATIVE, operation.label
    # The demo's queries and the fixed endpoints.
    assert tried > 15
    assert requests.get(f"{emulator.url}/API/HR/Employees", headers=headers).status_code == 200
    assert "panicked" not in emulator.log()
