"""Undefined names that belong to the namespace or imports of a ``@link``."""

from trellis.router.composition.subgraph import SubgraphSchema


def advice(subgraph: SubgraphSchema, name: str) -> str | None:
    """Advice for an unknown name (``@`` for directives) that belongs to a linked feature; None if
    it belongs to none."""
    source = subgraph.links.source_of(name)
    if source is None:
        return None
    link, element = source
    if link.definitions is not None:
        return f'"{link.url}" does not define {element}: correct the name or the version.'
    return (
        f'It is {element} of the linked feature "{link.url}", which composition does not know: add'
        f" the definition of {name} to this schema, or remove the @link and what uses it."
    )
