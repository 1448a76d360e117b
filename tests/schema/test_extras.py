"""Parts whose packages are not installed name the extra that brings them."""

from pathlib import Path

import pytest

from trellis.schema.extras import MissingExtra, import_part, require_packages


def test_packages_that_are_there_are_enough_and_are_not_imported():
    require_packages("trellis.part", "data", "json", "sqlalchemy")


def test_each_missing_package_is_named_with_the_extra_that_brings_it():
    with pytest.raises(MissingExtra) as caught:
        require_packages("trellis.part", "data", "json", "no_such_a", "no_such_b")
    assert str(caught.value) == (
        "trellis.part needs no_such_a, no_such_b: pip install 'trellis-graphql[data]'"
    )


def test_a_part_with_its_packages_is_imported():
    assert import_part("trellis.schema.scopes", "redis").__name__ == "trellis.schema.scopes"


def test_a_part_without_its_package_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "lonely.py").write_text("import no_such_client.aio\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtra) as caught:
        import_part("lonely", "redis")
    assert str(caught.value) == "lonely needs no_such_client: pip install 'trellis-graphql[redis]'"


def test_a_module_of_ours_that_does_not_exist_is_no_missing_package():
    with pytest.raises(ModuleNotFoundError, match=r"trellis\.schema\.no_such_part"):
        import_part("trellis.schema.no_such_part", "redis")
