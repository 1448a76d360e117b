"""The secret that a router shares with the subgraphs in other processes."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from router.config import Config
from router.errors import ConfigError

_FILE = "service_secret"
_MIN_BYTES = 32


def load_service_secrets(config: Config) -> tuple[bytes, ...]:
    """The secrets of ``auth.service_secret``: the first signs, all are believed, so that one can
    follow the other without a pause. By default a file of ``data_dir`` that whoever comes first
    writes, readable by its owner only: processes of one machine need nothing to be set up.

    Raises ConfigError for a secret that is too short or a file that cannot be read or written.
    """
    given = config.auth.service_secret
    text = given.get_secret_value() if given is not None else _kept_in(config.data_dir / _FILE)
    found = tuple(part.strip().encode() for part in text.split(",") if part.strip())
    if not found or min(map(len, found)) < _MIN_BYTES:
        raise ConfigError(
            f"auth.service_secret: a secret needs at least {_MIN_BYTES} characters, for example "
            "those of `openssl rand -hex 32`."
        )
    return found


def _kept_in(path: Path) -> str:
    try:
        if not path.exists():
            _write_new(path)
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(
            f"Cannot keep the service secret in {path}: {reason}. Give auth.service_secret instead."
        ) from None


def _write_new(path: Path) -> None:
    """Several processes may start at once: the file appears whole, and only once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
