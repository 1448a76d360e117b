"""The secret shared by the router and subgraphs in other processes."""

from pathlib import Path

from trellis.router.config import Config
from trellis.router.errors import ConfigError
from trellis.schema.kept_secret import kept_secret, several_secrets

_FILE = "service_secret"


def load_service_secrets(config: Config) -> tuple[bytes, ...]:
    """The secrets of ``auth.service_secret``. The first one signs and all are accepted, so that
    they can be rotated without downtime. The default is a file in ``data_dir``, which the first
    process creates with access for its owner only, so that processes on one machine need no setup.

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
            f"Cannot store the service secret in {path}: {reason}. Set auth.service_secret instead."
        ) from None
