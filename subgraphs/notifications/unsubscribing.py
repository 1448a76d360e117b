"""Links that unsubscribe from e-mails with one click (RFC 8058).

A link contains an encrypted text: the user and the kind. It gives no other access, and is valid as
long as its key is known.
"""

import json
from dataclasses import dataclass
from uuid import UUID

from trellis.subgraphs.notifications.errors import LinkNotValid
from trellis.subgraphs.notifications.models import NotificationKind
from trellis.subgraphs.secret_scope.vault import MARK, Vault, WrongSecretKey

PATH = "/pm/api/v1/notifications/unsubscribe"
_PURPOSE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Whose letters stop; of all kinds that a digest had."""

    user_id: UUID
    kinds: tuple[NotificationKind, ...]


def token_of(vault: Vault, wanted: Unsubscription) -> str:
    """The text for a link."""
    content = json.dumps([str(wanted.user_id), *wanted.kinds])
    sealed = vault.seal(content, _PURPOSE).removeprefix(MARK)
    # Letters of base64 that mean something in a query string.
    return sealed.replace("+", "-").replace("/", "_").replace("=", "").replace(":", ".")


def read_token(vault: Vault, token: str) -> Unsubscription:
    """Raises ``LinkNotValid``."""
    key, _, content = token.partition(".")
    padded = content.replace("-", "+").replace("_", "/") + "=" * (-len(content) % 4)
    try:
        user_id, *kinds = json.loads(vault.open(f"{MARK}{key}:{padded}", _PURPOSE))
        return Unsubscription(UUID(user_id), tuple(NotificationKind(kind) for kind in kinds))
    except (WrongSecretKey, ValueError):
        raise LinkNotValid from None
