"""Which files are mutated, and which tests belong to them."""

from pathlib import Path

import pytest

from tests.mutants.settings import Settings, mirror_distance

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Settings.load(ROOT, Path(__file__).with_name("mutants.toml"))


def test_a_file_belongs_to_the_first_group_that_names_it():
    groups = SETTINGS.source_files()

    assert groups["router/executor/check_objects.py"].name == "guarded"
    assert groups["router/executor/run.py"].name == "executor"
    assert groups["subgraphs/issues/queries.py"].name == "visibility"


def test_every_pattern_names_files_and_every_place_of_tests_exists():
    empty = [p for group in SETTINGS.groups for p in group.files if not list(ROOT.glob(p))]

    assert empty == []
    last = [place for group in SETTINGS.groups for place in group.finally_ask]
    places = (*last, *SETTINGS.tests, *SETTINGS.ignored_tests, *SETTINGS.unreliable_tests)
    for place in places:
        file, _, test = place.partition("::")
        assert (ROOT / file).exists(), place
        assert not test or f"def {test}(" in (ROOT / file).read_text(), place


def test_ignored_tests_are_not_asked():
    asked = SETTINGS.test_files()

    assert "tests/router/authorization/rules/test_read.py" in asked
    assert not [name for name in asked if name.startswith("tests/mutants/")]
    assert "tests/router/serving/test_server.py" not in asked
    assert not SETTINGS.is_reliable(SETTINGS.unreliable_tests[0])
    assert not SETTINGS.is_reliable(f"{SETTINGS.unreliable_tests[0]}[one]")
    assert SETTINGS.is_reliable("tests/router/authorization/rules/test_read.py::test_x")


@pytest.mark.parametrize(
    ("test_file", "distance"),
    [
        ("tests/router/identity/test_keys.py", 0),
        ("tests/router/identity/test_claims.py", 1),
        ("tests/router/identity/tokens/test_reading.py", 2),
        ("tests/router/test_app.py", 2),
        ("tests/router/planner/test_plans.py", 3),
        ("tests/db/test_relay.py", 4),
    ],
)
def test_a_test_file_is_as_far_as_the_folders_between_it_and_the_mirrored_one(
    test_file: str, distance: int
):
    assert mirror_distance("router/identity/keys.py", test_file) == distance
