"""The vaults of this subgraph: what of people and what of webhooks is kept sealed."""

import os
from functools import cache
from pathlib import Path

from trellis.db.storage import Storage
from trellis.subgraphs.secret_scope.vault import Vault, given_or_kept

_SECRET_KEY = "TRELLIS_SECRET_KEY"


def vault_of(storage: Storage) -> Vault:
    """The vault for keys of browsers, the key for push services and links to unsubscribe."""
    return vault_for("notifications", storage)


def vault_for(domain: str, storage: Storage) -> Vault:
    """The vault of this installation for one domain; the secret is read at the first use, once."""
    given = os.environ.get(_SECRET_KEY) or None
    return _vault(domain, given, storage.settings.data_dir.absolute())


@cache
def _vault(domain: str, given: str | None, data_dir: Path) -> Vault:
    return Vault(domain, lambda: given_or_kept(given, data_dir))
