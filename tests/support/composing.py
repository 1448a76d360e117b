"""Small subgraphs for composition tests, and what loading them says."""

from collections.abc import Mapping

from trellis.router.composition.compose import Composition, compose
from trellis.router.composition.report import CompositionError
from trellis.router.composition.satisfiability import MAX_PATHS
from trellis.router.composition.specs import federation_definitions
from trellis.router.composition.subgraph import Subgraph, SubgraphSchema
from trellis.router.composition.subgraphs import load_subgraphs


def federation_2(sdl: str, version: str = "2.9") -> str:
    """The SDL with a link to this federation version that imports all of its directives."""
    major, minor = version.split(".")
    names = sorted(federation_definitions((int(major), int(minor))).directives)
    imports = ", ".join(f'"@{name}"' for name in names)
    url = f"https://specs.apollo.dev/federation/v{version}"
    return f'extend schema @link(url: "{url}", import: [{imports}])\n{sdl}'


def load(*sdls: str) -> tuple[list[SubgraphSchema], list[CompositionError]]:
    """Load subgraphs called a, b, c... with these SDLs, as they are."""
    subgraphs = [
        Subgraph(name, f"http://{name}", sdl) for name, sdl in zip("abcdef", sdls, strict=False)
    ]
    return load_subgraphs(subgraphs)


def load_one(sdl: str) -> SubgraphSchema:
    """Load a subgraph that has no errors."""
    schemas, errors = load(sdl)
    assert errors == []
    return schemas[0]


def codes(*sdls: str) -> list[str]:
    """The codes of the errors of these SDLs, sorted."""
    return sorted(error.code for error in load(*sdls)[1])


def codes_of(sdl: str, version: str = "2.9") -> list[str]:
    """The codes of one federation 2 subgraph that imports everything."""
    return codes(federation_2(sdl, version))


def messages_of(sdl: str, version: str = "2.9") -> list[str]:
    """The messages of one federation 2 subgraph that imports everything."""
    return [error.message for error in load(federation_2(sdl, version))[1]]


def compose_parts(sdls: Mapping[str, str], *, max_paths: int = MAX_PATHS) -> Composition:
    """Compose federation 2.9 subgraphs that import everything, by their names."""
    parts = [Subgraph(name, f"http://{name}.test", federation_2(sdl)) for name, sdl in sdls.items()]
    return compose(parts, max_paths=max_paths)


def unanswerable(**sdls: str) -> list[str | None]:
    """The coordinates of the fields that cannot be had; nothing else may be wrong."""
    errors = compose_parts(sdls).errors
    assert {error.code for error in errors} <= {"SATISFIABILITY_ERROR"}, errors
    return [error.coordinate for error in errors]
