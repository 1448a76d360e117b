"""Members of the inputs of executions that decide who may what: there are none."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {
    "ExecutionFilters.status": "a filter",
    "ExecutionFilters.language": "a filter",
    "ExecuteCodeInput.language": "what the code is written in",
}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
