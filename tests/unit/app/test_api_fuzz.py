"""Whatever the OpenAPI document allows, and what it does not: never a 5xx (schemathesis)."""

from __future__ import annotations

import itertools
import os

import schemathesis
from asking import Team
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

EXAMPLES = int(os.environ.get("RTLWRIGHT_FUZZ_EXAMPLES", "3"))
"""For each route; `make fuzz-api` asks for more."""


def test_no_request_breaks_the_server(team: Team) -> None:
    schema = schemathesis.openapi.from_url(team.running.url + "/openapi.json")
    statuses: dict[int, int] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation, mode in itertools.product(operations, GenerationMode):
        if mode is GenerationMode.NEGATIVE and operation.method == "get":
            continue  # nothing of it can be wrong

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES < 100,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(headers={"authorization": f"Bearer {team.alice}"}, timeout=60)
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text[:500]}"

        ask()
    assert 200 in statuses and 422 in statuses, statuses
