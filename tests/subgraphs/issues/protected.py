"""Members of the inputs of issues that decide who may what: what is tried with them, or why
they decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {
    "LinkIssuesInput.type": "what kind of link",
    "IssueFilters.status": "a filter",
    "IssueFilters.reporterId": "a filter",
    "UpdateIssueInput.status": "for all members of the project",
}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
