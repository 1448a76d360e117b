"""How many examples a property is tried on: few in a normal run, many in ``make long``."""

from hypothesis import settings

MORE_IN_LONG_RUNS = 10


def examples(count: int) -> int:
    """``count`` with the fixed examples of a normal run, ten times as many random ones."""
    is_long = settings.get_current_profile_name() == "random"
    return count * MORE_IN_LONG_RUNS if is_long else count
