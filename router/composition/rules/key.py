"""``@key``: KEY_UNSUPPORTED_ON_INTERFACE and the field set rules."""

from collections.abc import Iterator

from trellis.router.composition.model import TypeKind
from trellis.router.composition.report import CompositionError
from trellis.router.composition.rules.applications import applied_on_types, broken
from trellis.router.composition.rules.field_set import FieldSetRule, check_field_set
from trellis.router.composition.subgraph import SubgraphSchema

KEY = FieldSetRule("key", allows_own_leaves=True, allows_abstract_fields=False)
INTERFACE_KEYS_SINCE = (2, 3)


def check(subgraph: SubgraphSchema) -> Iterator[CompositionError]:
    version = subgraph.federation_version
    for definition, applied in applied_on_types(subgraph, "key"):
        is_old = version is not None and version < INTERFACE_KEYS_SINCE
        if definition.kind is TypeKind.INTERFACE and is_old:
            yield broken(
                "KEY_UNSUPPORTED_ON_INTERFACE",
                f'Cannot use @{subgraph.federation_name("key")} on interface "{definition.name}":'
                " keys of interfaces need federation v2.3 or later.",
                definition.name,
                applied.place,
            )
        yield from check_field_set(subgraph, KEY, definition, applied, definition.name)
