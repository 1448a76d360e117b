"""The secret that a router shares with the subgraphs in other processes."""

from pathlib import Path

from trellis.router.config import Config
from trellis.router.errors import ConfigError
from trellis.schema.kept_secret import kept_secret, several_secrets

_FILE = "service_secret"


def load_service_secrets(config: Config) -> tuple[bytes, ...]:
    """The secrets of ``auth.service_secret``: the first signs, all are believed, so that one can
    follow the other without a pause. By default a file of ``data_dir`` that whoever comes first
    writes, readable by its owner only: processes of one machine need nothing to be set up.

    Raises ConfigError for a secret that is too short or a file that cannot be read or written.
    """
    given = config.auth.service_secret
    text = given.get_secret_value() if given is not None else _kept_in(config.data_dir / _FILE)
    try:
        return tuple(secret.encode() for secret in several_secrets(text))
    except ValueError as refusal:
        raise ConfigError(f"auth.service_secret: {refusal}") from None


def _kept_in(path: Path) -> str:
    try:
        return kept_secret(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(
            f"Cannot keep the service secret in {path}: {reason}. Give auth.service_secret instead."
        ) from None
