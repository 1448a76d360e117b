"""Secrets without configuration: in a file readable only by its owner, created by the first process
that needs one."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

MIN_LENGTH = 32


def kept_secret(path: Path) -> str:
    """The secret in the file; when there is none, a new one of 64 letters is put there.

    Several processes may start at once: the file appears whole, and only once. Raises ``OSError``
    and ``UnicodeDecodeError``.
    """
    if not path.exists():
        _write_new(path)
    return path.read_text(encoding="ascii")


def several_secrets(text: str) -> tuple[str, ...]:
    """The secrets between commas, the newest first, so that one can follow another without a pause.

    Raises ``ValueError``, which does not repeat them, when one is too short or there is none.
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found or min(map(len, found)) < MIN_LENGTH:
        raise ValueError(
            f"a secret needs at least {MIN_LENGTH} characters, for example those of "
            "`openssl rand -hex 32`."
        )
    return found


def _write_new(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
