"""The public face of the router: every name is there, and nothing crept in."""

import inspect

from trellis import router


def test_every_public_name_exists_and_is_documented():
    for name in router.__all__:
        assert inspect.getdoc(getattr(router, name)), name


def test_nothing_is_public_by_accident():
    public = {
        name
        for name, value in vars(router).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(router.__all__)


def test_names_are_listed_in_order():
    assert router.__all__ == sorted(router.__all__)
