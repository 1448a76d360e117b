"""Members of the inputs of files that decide who may what: what is tried with them, or why they
decide nothing."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt, own

HARMLESS: Mapping[str, str] = {}

PROTECTED: Mapping[str, tuple[Attempt, ...]] = {
    "ShareFileInput.permission": (
        Attempt(
            "shareFile",
            "ShareFileInput",
            {"sharedWith": [own("user", "viewer")], "permission": "WRITE"},
            ("member", "viewer"),
            id=own("file"),
        ),
    ),
}
