"""Settings of subgraphs in the environment."""

import pytest

from trellis.schema.environment import whole_number


@pytest.mark.parametrize(("given", "number"), [("1", 1), ("365", 365), ("007", 7)])
def test_a_number_within_its_limits_is_read(given: str, number: int):
    assert whole_number({"DAYS": given}, "DAYS", 30, least=1, most=365) == number


@pytest.mark.parametrize("environ", [{}, {"DAYS": ""}])
def test_an_absent_or_empty_one_is_the_usual(environ: dict[str, str]):
    assert whole_number(environ, "DAYS", 30, least=1, most=365) == 30
    assert whole_number(environ, "DAYS", None, least=1, most=365) is None


@pytest.mark.parametrize("given", ["0", "366", "-1", "1.5", "1e2", " 1", "ten", "²", "9" * 5_000])
def test_anything_else_is_refused_with_the_name_and_the_limits(given: str):
    with pytest.raises(ValueError, match="DAYS must be a whole number from 1 to 365, not"):
        whole_number({"DAYS": given}, "DAYS", 30, least=1, most=365)
