"""Random sets of federation subgraphs made whole first and then spread: value objects split over
subgraphs, interfaces and unions with members that not all know, interface objects, and ``@key``,
``@requires``, ``@provides`` that reach into nested objects."""

from tests.support.chance import Chance, happens
from tests.support.random_federation import abstract, fields, needs, objects
from tests.support.random_federation.whole import Whole

STEPS = (
    objects.add_values,
    objects.add_entities,
    abstract.add_interfaces,
    abstract.add_unions,
    abstract.add_interface_objects,
    fields.add_leaves,
    fields.add_interface_fields,
    fields.add_links,
    fields.add_roots,
    needs.add_requires,
    needs.add_provides,
)


def random_federation(chance: Chance) -> list[tuple[str, str]]:
    """``(name, sdl)`` of two to four subgraphs. They may fail to compose: for satisfiability, or
    because subgraphs that share an abstract field have no type of it in common."""
    subgraphs = [f"s{index}" for index in range(chance.number(2, 4))]
    whole = Whole(chance, subgraphs, is_generous=happens(chance, 50))
    for step in STEPS:
        step(whole)
    return whole.sdls()
