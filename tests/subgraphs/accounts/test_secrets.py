"""No secret is kept or logged, however much is logged."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import identity
from tests.support.secret_walk import MARIA, live
from tests.support.subgraphs import Running, running
from tests.support.templates import copy_of_folder
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import ANONYMOUS
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph

LOUD = ("", "aiosqlite", "sqlalchemy.engine", "sqlalchemy.pool", "sqlalchemy.orm", "trellis")


class Hall:
    """The door of a subgraph in this process."""

    def __init__(self, accounts: Running, letters: Letters) -> None:
        self._accounts = accounts
        self._letters = letters

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        who = await identity(self._accounts, token) if token else ANONYMOUS
        result = await self._accounts.answer(query, who, **variables)
        return None if result.errors else result.data

    async def mailed(self, to: str, subject: str) -> str:
        for _ in range(500):
            for letter in self._letters.sent:
                if (letter.to, letter.subject) == (to, subject):
                    return letter.text.partition("#token=")[2].split()[0]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no letter to {to} about {subject}")


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every line of every logger, SQL with its parameters and rows included."""
    for name in LOUD:
        caplog.set_level(logging.DEBUG, name)
    return caplog


def kept_in(folder: Path) -> dict[str, bytes]:
    """All files of a database, with what has not reached its main file yet."""
    return {path.name: path.read_bytes() for path in folder.glob("accounts.sqlite3*")}


def found(secrets: dict[str, str], text: str) -> list[str]:
    return [name for name, secret in secrets.items() if secret in text]


async def test_secrets_are_neither_kept_nor_announced_nor_logged(
    accounts_folder: DataSettings,
    tmp_path: Path,
    letters: Letters,
    everything: pytest.LogCaptureFixture,
):
    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        return make_subgraph(settings, bus, mailer=letters, passwords=cheap_passwords())

    async with running(make, copy_of_folder(accounts_folder, tmp_path), fresh=False) as accounts:
        secrets = await live(Hall(accounts, letters))
        assert len(secrets) >= 30
        assert accounts.subgraph.verify_api_key is not None
        assert await accounts.subgraph.verify_api_key(secrets["API key"]) is not None
        events = str(await accounts.bus.read_after("accounts", "0", 1000))
        files = kept_in(tmp_path)
    assert "accounts.sqlite3-wal" in files
    files |= {f"{name} at the end": content for name, content in kept_in(tmp_path).items()}
    # Each place is one where the harmless is found.
    assert "user.password_changed" in events
    assert found(secrets, events) == []
    assert any(MARIA.encode() in content for content in files.values())
    for content in files.values():
        assert found(secrets, content.decode("latin-1")) == []
    assert "BEGIN IMMEDIATE" in everything.text
    assert MARIA in everything.text
    assert found(secrets, everything.text) == []
