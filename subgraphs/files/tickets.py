"""Signed links: a ticket contains what may be read, who requested it, and until when.

The link gives access to anyone who has it, as long as the person who requested it may see the file.
"""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from uuid import UUID

import orjson

from trellis.db.storage import Storage
from trellis.schema.content import content_link
from trellis.schema.identity import Identity
from trellis.schema.kept_secret import kept_secret, several_secrets
from trellis.subgraphs.files.errors import LinkNotValid
from trellis.subgraphs.files.settings import FileSettings

_KEY_FILE = "files_key"
_STEP = 300
"""Links of the same five minutes are the same, so that answers with them can be compared."""


class Variant(StrEnum):
    ORIGINAL = "o"
    THUMBNAIL = "t"


@dataclass(frozen=True, slots=True)
class Ticket:
    file_id: UUID
    variant: Variant
    asker: Identity
    expires_at: int


class Signer:
    """Makes and reads tickets with the newest of the ``keys``, or reads them with an older one."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = [hashlib.sha256(b"trellis.files." + key.encode()).digest() for key in keys]

    def sign(self, ticket: Ticket) -> str:
        who = ticket.asker
        facts = {
            "f": ticket.file_id.hex,
            "v": ticket.variant,
            "u": who.id.hex if who.id else None,
            "o": who.tenant_id.hex if who.tenant_id else None,
            "a": 2 if who.is_admin else int(who.may("admin:projects")),
            "e": ticket.expires_at,
        }
        body = _encoded(orjson.dumps(facts))
        return f"{body}.{self._signature(self._keys[0], body)}"

    def read(self, text: str) -> Ticket:
        """Raises ``LinkNotValid`` for a ticket that is not ours, or has expired."""
        body, _, signature = text.partition(".")
        if not any(
            hmac.compare_digest(self._signature(key, body), signature) for key in self._keys
        ):
            raise LinkNotValid
        facts = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if facts["e"] <= time.time():
            raise LinkNotValid
        asker = Identity(
            id=UUID(facts["u"]) if facts["u"] else None,
            tenant_id=UUID(facts["o"]) if facts["o"] else None,
            roles=frozenset({"admin"} if facts["a"] == 2 else ()),
            scopes=frozenset({"admin:projects"} if facts["a"] else ()),
        )
        return Ticket(UUID(facts["f"]), Variant(facts["v"]), asker, facts["e"])

    @staticmethod
    def _signature(key: bytes, body: str) -> str:
        return _encoded(hmac.digest(key, body.encode(), "sha256"))


def signer_of(storage: Storage) -> Signer:
    """With ``TRELLIS_SECRET_KEY``, or a key in a file beside the databases. Raises ``ValueError``
    for one that is too short."""
    return _signer_of(storage, FileSettings.from_environment())


def link_to(storage: Storage, file_id: UUID, variant: Variant, asker: Identity) -> str:
    """The link by which the asker, or anybody who gets it, may read the file for a while."""
    settings = FileSettings.from_environment()
    now = int(time.time())
    expires_at = now - now % -_STEP + settings.link_seconds
    ticket = _signer_of(storage, settings).sign(Ticket(file_id, variant, asker, expires_at))
    return content_link(settings.public_url, storage.name, ticket)


def _signer_of(storage: Storage, settings: FileSettings) -> Signer:
    return _signer(settings.secret_key, storage.settings.data_dir.absolute())


@cache
def _signer(given: str | None, data_dir: Path) -> Signer:
    return Signer(several_secrets(given or kept_secret(data_dir / _KEY_FILE)))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
