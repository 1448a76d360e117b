"""What travels with one client request from the door to every resolver."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schema.identity import ANONYMOUS, Identity


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Made once per client operation by a door; handed on unchanged to each subgraph.

    ``headers`` are the allow-listed client headers in lower case that remote subgraphs get.
    ``deadline`` is a ``time.monotonic()`` instant in seconds after which nobody waits.
    """

    identity: Identity = ANONYMOUS
    request_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None
