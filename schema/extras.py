"""Parts that need optional packages: the extras of ``pyproject.toml``."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


class MissingExtra(ImportError):
    """Packages of an extra are not installed; the message says how to install them."""

    def __init__(self, part: str, extra: str, *packages: str) -> None:
        super().__init__(
            f"{part} needs {', '.join(packages)}: pip install 'trellis-graphql[{extra}]'",
            name=part,
        )


def require_packages(part: str, extra: str, *packages: str) -> None:
    """For the ``__init__.py`` of ``part``, before anything below it is imported.

    Raises MissingExtra when one of the top-level packages cannot be imported; imports none.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingExtra(part, extra, *missing)


def import_part(module: str, extra: str) -> ModuleType:
    """Import a module of ours that only some configurations use, and so only some installations
    have the packages for. Raises MissingExtra."""
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package == __name__.partition(".")[0]:
            raise
        raise MissingExtra(module, extra, package) from missing
