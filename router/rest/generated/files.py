"""The files that ``trellis rest generate`` writes."""

from collections.abc import Sequence
from pathlib import Path

from trellis.router.errors import ConfigError
from trellis.router.rest.generated.routes import Generated
from trellis.router.rest.profiles.plain import PLAIN
from trellis.router.rest.spelling import snake_case


def file_of(generated: Generated, operations_dir: Path) -> Path:
    """The file for the operation of a field, by dialect and subgraph."""
    folder = operations_dir / "rest" / PLAIN.name / generated.route.area
    return folder / f"{snake_case(generated.field.name)}.graphql"


def wanted_fields(generated: Sequence[Generated], names: Sequence[str]) -> list[Generated]:
    """The operations of fields, given by coordinate or name; all if none are given. Raises
    ConfigError for a field without a generated operation."""
    if not names:
        return list(generated)
    found = []
    for name in names:
        chosen = [one for one in generated if name in (_coordinate(one), one.field.name)]
        if not chosen:
            known = ", ".join(_coordinate(one) for one in generated) or "none"
            raise ConfigError(
                f"`{name}` has no generated operation; these have: {known}. Put @rest on a field "
                "of Query or Mutation. A stored operation for the same route has precedence."
            )
        found += chosen
    return found


def _coordinate(generated: Generated) -> str:
    return generated.field.source.coordinate
