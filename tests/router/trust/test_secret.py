import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from trellis.router.config import Auth, Config
from trellis.router.errors import ConfigError
from trellis.router.trust.secret import load_service_secrets


def config(folder: Path, secret: str | None = None) -> Config:
    given = SecretStr(secret) if secret is not None else None
    return Config(data_dir=folder, auth=Auth(service_secret=given))


def test_without_a_secret_one_is_made_and_kept_for_its_owner_only(tmp_path: Path):
    folder = tmp_path / "data"
    [made] = load_service_secrets(config(folder))
    assert len(made) == 64
    assert load_service_secrets(config(folder)) == (made,)
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_one(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: load_service_secrets(config(tmp_path)), range(32)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["service_secret"]


def test_several_secrets_are_read_in_their_order(tmp_path: Path):
    new, old = "n" * 32, "o" * 32
    assert load_service_secrets(config(tmp_path, f"{new}, {old}")) == (new.encode(), old.encode())
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("secret", ["", " , ", "short", f"{'n' * 32},short"])
def test_a_short_secret_is_refused_and_not_repeated(tmp_path: Path, secret: str):
    with pytest.raises(ConfigError, match="at least 32 characters") as caught:
        load_service_secrets(config(tmp_path, secret))
    assert "nnn" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"auth\.service_secret"):
        load_service_secrets(config(tmp_path / "file"))


def test_the_secret_does_not_show_in_the_configuration(tmp_path: Path):
    assert "s" * 32 not in repr(config(tmp_path, "s" * 32))
