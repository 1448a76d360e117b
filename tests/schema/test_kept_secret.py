import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trellis.schema.kept_secret import kept_secret, several_secrets

NEW, OLD = "n" * 32, "o" * 32


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "new" / "secret"
    made = kept_secret(path)
    assert len(made) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept_secret(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_those_who_come_at_once_agree_on_one(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: kept_secret(tmp_path / "secret"), range(32)))
    assert len(found) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_several_stand_between_commas_in_their_order():
    assert several_secrets(f" {NEW} ,{OLD},") == (NEW, OLD)
    assert several_secrets(NEW) == (NEW,)


@pytest.mark.parametrize("text", ["", " , ", "short", f"{NEW},short", "s" * 31])
def test_one_that_can_be_guessed_is_refused_and_not_repeated(text: str):
    with pytest.raises(ValueError, match="at least 32 characters") as caught:
        several_secrets(text)
    assert "nnn" not in str(caught.value)
    assert "short" not in str(caught.value)
