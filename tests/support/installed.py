"""Fresh environments with Trellis installed from its wheel, made without a network.

The packages that Trellis and its extras name are linked into them from the environment of the
tests, and no others: what is forgotten in ``pyproject.toml`` is missing there.
"""

import os
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.shared import ROOT

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def build_wheel(folder: Path) -> Path:
    """The wheel of this tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


class Environment:
    """A virtual environment with the wheel and what it needs without extras; ``more`` is beside
    them."""

    def __init__(self, folder: Path, wheel: Path, *more: str) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.trellis = folder / "bin" / "trellis"
        install = ("install", "--no-deps", "--no-index", "--no-compile", str(wheel))
        for command in (
            [sys.executable, "-m", "venv", "--without-pip", str(folder)],
            [*_PIP, "--python", str(self.python), *install],
        ):
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        (self._packages,) = folder.glob("lib/python*/site-packages")
        _link([*self.required(), *map(Requirement, more)], self._packages)

    def required(self, *extras: str) -> list[Requirement]:
        """What the wheel's metadata asks for."""
        (metadata,) = self._packages.glob("trellis_graphql-*.dist-info")
        return _required(Distribution.at(metadata), {"", *extras})

    def packages_of(self, extra: str, folder: Path) -> Path:
        """A folder with the packages of an extra, for ``run(path=...)``."""
        folder.mkdir()
        _link(self.required(extra), folder)
        return folder

    def run(
        self, *command: str | Path, cwd: Path, path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of this environment, with nothing of the tests' own environment."""
        more = {} if path is None else {"PYTHONPATH": str(path)}
        return subprocess.run(
            [str(word) for word in command],
            check=False,
            cwd=cwd,
            env=clean_environment() | more,
            capture_output=True,
            text=True,
            timeout=240,
        )


def clean_environment() -> dict[str, str]:
    """That of the test run without what leads to this tree or configures Trellis and pytest."""
    ours = ("TRELLIS_", "PYTHON", "PYTEST_", "COV_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {"NO_COLOR": "1"}


def _link(wanted: list[Requirement], folder: Path) -> None:
    """Link the packages and all that they need, from where the tests have them."""
    seen: set[tuple[str, str]] = set()
    queue = [*wanted]
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                queue += _required(distribution(name), {extra})
    for name in {name for name, _ in seen}:
        for entry in _entries_of(distribution(name)):
            if not (folder / entry.name).exists():  # namespace packages
                (folder / entry.name).symlink_to(entry)


def _required(found: Distribution, extras: set[str]) -> list[Requirement]:
    """What a distribution needs with these extras; "" stands for none."""
    own = canonicalize_name(found.metadata["Name"])
    needed = [
        requirement
        for requirement in map(Requirement, found.requires or ())
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
    ]
    again = {e for one in needed if canonicalize_name(one.name) == own for e in one.extras}
    if again - extras:  # an extra that consists of others
        return _required(found, extras | again)
    return [one for one in needed if canonicalize_name(one.name) != own]


def _entries_of(found: Distribution) -> set[Path]:
    tops = {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}
    return {Path(str(found.locate_file(top))) for top in tops}
