"""Where composite fields lead: the object below a field, as each subgraph has it."""

from collections.abc import Iterable, Sequence

from trellis.router.planner.choice import Access, Lead
from trellis.router.planner.view import GraphView, Holder, provided


def find_lead(view: GraphView, access: Access, type_name: str, name: str) -> Holder | None:
    """The object that a composite field of ``type_name`` leads to when it is asked at ``access``;
    None when that subgraph has no such field."""
    below = view.lead(access.subgraph, access.view, name)
    if below is None or not access.given:
        return below
    inherited = provided(access.given, type_name, name) or ()
    return below._replace(given=(*inherited, *below.given))


def find_leads(view: GraphView, sources: Iterable[Access], type_name: str, name: str) -> list[Lead]:
    """The same for several sources, without those that do not have the field."""
    found: list[Lead] = []
    for access in sources:
        below = find_lead(view, access, type_name, name)
        if below is not None:
            found.append((access, below))
    return found


def joinable(leads: Sequence[Lead]) -> list[Lead]:
    """The leads that may answer one selection together; none when there is only one. What a
    subgraph resolves from required fields is its own: it is not put together with others."""
    found = [lead for lead in leads if lead[0].requires is None]
    return found if len(found) > 1 else []
