"""The credentials of a request."""

from dataclasses import dataclass

from trellis.schema.identity import Identity


@dataclass(frozen=True, slots=True)
class Credentials:
    """The ``Authorization`` and ``X-API-Key`` headers, not yet verified. ``vouched`` is the caller
    asserted by an authenticated router."""

    authorization: str | None = None
    api_key: str | None = None
    vouched: Identity | None = None


NO_CREDENTIALS = Credentials()
