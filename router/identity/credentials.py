"""What a caller brings along to say who it is."""

from dataclasses import dataclass

from trellis.schema.identity import Identity


@dataclass(frozen=True, slots=True)
class Credentials:
    """An ``Authorization`` header, or an ``X-API-Key``; neither is believed yet. ``vouched`` is the
    caller on the word of a router that has proved itself."""

    authorization: str | None = None
    api_key: str | None = None
    vouched: Identity | None = None


NO_CREDENTIALS = Credentials()
