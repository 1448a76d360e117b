"""What is sealed, what opens it, and what happens to rows from before."""

import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pyotp.totp import TOTP
from sqlalchemy import text

from tests.subgraphs.accounts.cheap_passwords import cheap_passwords
from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.accounts.signing_in import log_in
from tests.support.subgraphs import Running, caller, running
from trellis.db.bus import EventBus
from trellis.db.seed.world import PASSWORD
from trellis.db.settings import DataSettings
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.accounts.graph import make_subgraph
from trellis.subgraphs.accounts.settings import AccountSettings
from trellis.subgraphs.secret_scope.vault import Vault, WrongSecretKey, given_or_kept

OLD, NEW = "o" * 32, "n" * 32


def vault(*keys: str) -> Vault:
    return Vault("accounts", lambda: keys)


def test_what_is_sealed_opens_for_its_purpose_only():
    one = vault(NEW)
    sealed = one.seal("JBSWY3DPEHPK3PXP", "authenticator of ada")
    assert sealed.startswith(one.current_mark)
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert one.open(sealed, "authenticator of ada") == "JBSWY3DPEHPK3PXP"
    with pytest.raises(WrongSecretKey, match="TRELLIS_SECRET_KEY"):
        one.open(sealed, "authenticator of alan")
    assert one.seal("x", "p") != one.seal("x", "p")


@pytest.mark.parametrize("change", ["tail", "head", "empty", "no base64"])
def test_what_was_tampered_with_does_not_open(change: str):
    one = vault(NEW)
    mark, content = one.current_mark, one.seal("secret", "p").removeprefix(one.current_mark)
    broken = {
        "tail": content[:-8],
        "head": "AAAA" + content[4:],
        "empty": "",
        "no base64": "é",
    }[change]
    with pytest.raises(WrongSecretKey):
        one.open(mark + broken, "p")


def test_a_key_follows_another():
    old, both, new = vault(OLD), vault(NEW, OLD), vault(NEW)
    sealed = old.seal("secret", "p")
    assert both.open(sealed, "p") == "secret"
    assert new.open(both.seal("secret", "p"), "p") == "secret"
    with pytest.raises(WrongSecretKey):
        new.open(sealed, "p")


def test_each_domain_has_keys_of_its_own():
    one, other = vault(NEW), Vault("notifications", lambda: [NEW])
    assert one.current_mark != other.current_mark
    with pytest.raises(WrongSecretKey):
        other.open(one.seal("secret", "p"), "p")
    assert one.fingerprint("ada") != other.fingerprint("ada")


def test_what_earlier_releases_have_sealed_opens():
    sealed = "sealed:03d614ca:8nJ5AwxinyaSUyKkGn2CpgnvF7EoBFC1A9Qe7fQjfhYZuQ=="
    assert vault(NEW).open(sealed, "p") == "secret"


def test_fingerprints_depend_on_text_and_key():
    one, other = vault(NEW), vault(OLD)
    assert one.fingerprint("ada") == one.fingerprint("ada") != one.fingerprint("Ada")
    assert one.fingerprint("ada") != other.fingerprint("ada")
    assert len(one.fingerprint("\ud800")) == 64


def test_the_file_is_made_once_and_for_its_owner_only(tmp_path: Path):
    first = given_or_kept(None, tmp_path / "new")
    assert given_or_kept("", tmp_path / "new") == first
    path = tmp_path / "new" / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]
    assert given_or_kept(f" {NEW} ,{OLD},", tmp_path) == (NEW, OLD)


@pytest.mark.parametrize("given", ["short", f"{NEW},short", ","])
def test_a_key_that_can_be_guessed_is_refused(given: str, tmp_path: Path):
    with pytest.raises(ValueError, match="at least 32 characters"):
        given_or_kept(given, tmp_path)


def test_settings_do_not_show_secrets():
    settings = AccountSettings(secret_key=NEW, mail_url="smtp://user:hunter2@host")
    assert NEW not in repr(settings)
    assert "hunter2" not in repr(settings)


@asynccontextmanager
async def started(
    data_settings: DataSettings, key: str | None, *, fresh: bool = False
) -> AsyncIterator[Running]:
    def make(settings: DataSettings, bus: EventBus) -> Subgraph:
        chosen = replace(AccountSettings(), secret_key=key)
        return make_subgraph(settings, bus, chosen, mailer=Letters(), passwords=cheap_passwords())

    async with running(make, data_settings, fresh=fresh) as accounts:
        yield accounts


async def stored(accounts: Running) -> list[str]:
    """The signing keys and the secrets of second factors, as the database has them."""
    found: list[str] = []
    async with accounts.context().storage.read() as session:
        for query in ("select private_pem from signing_keys", "select secret from authenticators"):
            found += (await session.scalars(text(query))).all()
    return found


async def test_rows_of_old_keys_and_rows_in_clear_are_sealed_anew(data_settings: DataSettings):
    ada = caller("ada")
    async with started(data_settings, OLD, fresh=True) as accounts:
        enrol = "mutation($p: String) { setUpMfa(password: $p) { secret } }"
        secret = (await accounts.ask(enrol, ada, p=PASSWORD))["setUpMfa"]["secret"]
        session = await log_in(accounts, "alan")
        assert accounts.subgraph.jwks is not None
        published = await accounts.subgraph.jwks()
        for row in await stored(accounts):
            assert row.startswith(vault(OLD).current_mark)
        # As it was before there was a vault.
        async with accounts.context().storage.database.write() as clear:
            await clear.execute(text("update authenticators set secret = :s"), {"s": secret})

    async with started(data_settings, f"{NEW},{OLD}") as accounts:
        rows = await stored(accounts)
        assert len(rows) == 2
        for row in rows:
            assert row.startswith(vault(NEW).current_mark)

    async with started(data_settings, NEW) as accounts:
        assert accounts.subgraph.jwks is not None
        assert await accounts.subgraph.jwks() == published
        code = TOTP(secret).generate_otp(int(time.time()) // 30)
        confirm = "mutation($c: String) { setUpMfa(code: $c) { enabled } }"
        assert await accounts.ask(confirm, ada, c=code) == {"setUpMfa": {"enabled": True}}
        assert (await log_in(accounts, "alan"))["accessToken"] != session["accessToken"]

    with pytest.raises(WrongSecretKey, match="signing key"):
        async with started(data_settings, OLD):
            pass


async def test_without_a_key_the_file_in_the_data_folder_is_used(tmp_path: Path):
    settings = DataSettings(data_dir=tmp_path)
    async with started(settings, None) as accounts:
        [row] = await stored(accounts)
    mark = vault((tmp_path / "secret_key").read_text()).current_mark
    assert row.startswith(mark)
