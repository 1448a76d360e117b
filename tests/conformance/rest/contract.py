"""The operations of the requirement documents: what is asked, and what the answer looks like."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract. ``errors`` are pairs of status and code, None where the
    document names no code. ``shares_with`` are the profiles that have the same method and path.
    ``kind`` is ``outbound`` for a request that we send, ``websocket`` for a socket, and ``ops`` for
    what is asked by those who run the platform, which is no route of a dialect."""

    id: str
    document: str
    profile: str
    service: str
    method: str
    path: str
    path_params: tuple[str, ...]
    auth: str
    status: int
    response_example: Any
    response_schema: Mapping[str, Any] | None
    response_headers: tuple[str, ...]
    errors: tuple[tuple[int, str | None], ...]
    shares_with: frozenset[str]
    rules: tuple[str, ...] = ()
    query_params: tuple[Mapping[str, Any], ...] = ()
    kind: str = "rest"
    request_example: Any = None

    @property
    def is_served(self) -> bool:
        return self.is_route or self.kind == "ops"

    @property
    def is_route(self) -> bool:
        return self.kind in ("rest", "sse")

    @property
    def needs_token(self) -> bool:
        return self.auth not in ("none", "refresh_token")


def read_contract(folder: Path) -> list[Operation]:
    """All operations of ``contract.json`` in its order."""
    entries = json.loads((folder / "contract.json").read_text(encoding="utf-8"))
    profiles = {entry["id"]: entry["profile"] for entry in entries}
    return [_operation(entry, profiles) for entry in entries]


def count_by_document(operations: Sequence[Operation]) -> Counter[str]:
    return Counter(operation.document for operation in operations)


def _operation(entry: Mapping[str, Any], profiles: Mapping[str, str]) -> Operation:
    return Operation(
        id=entry["id"],
        document=entry["seed"][:3],
        profile=entry["profile"],
        service=entry["service"],
        method=entry["method"],
        path=entry["path"],
        path_params=tuple(entry["path_params"]),
        auth=entry["auth"],
        status=entry["success_status"],
        response_example=entry["response_example"],
        response_schema=entry["response_schema"],
        response_headers=tuple(entry["response_headers"]),
        errors=tuple((error["status"], error["code"]) for error in entry["errors"]),
        shares_with=frozenset(profiles[id] for id in entry["shared_with"]),
        rules=(*entry["request_rules"], *entry["request_rules_inferred"]),
        query_params=tuple(entry["query_params"]),
        kind=entry["kind"],
        request_example=entry["request_example"],
    )
