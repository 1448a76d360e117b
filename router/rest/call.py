"""The state of one request in an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope

from trellis.router.rate_limit.report import RateReport
from trellis.router.rest.profile import PageRequest
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.uploads import UploadedFile


@dataclass(slots=True)
class Call:
    """What is known about a request so far. ``prefix`` is the prefix of the dialect in its path,
    ``body`` the decoded JSON, ``uploads`` the files of a multipart body by their references."""

    scope: Scope
    headers: Mapping[bytes, bytes]
    prefix: str
    media: str = "application/json"
    identity: Identity = ANONYMOUS
    page: PageRequest | None = None
    rate: RateReport | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    uploads: Mapping[str, UploadedFile] = field(default_factory=dict)
