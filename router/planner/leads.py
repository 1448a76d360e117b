"""Where composite fields lead: the child object, as each subgraph has it."""

from collections.abc import Iterable, Sequence

from trellis.router.planner.candidates import Access, Lead
from trellis.router.planner.view import GraphView, Holder, provided


def find_lead(view: GraphView, access: Access, type_name: str, name: str) -> Holder | None:
    """The object that a composite field of ``type_name`` leads to when queried through ``access``;
    None when that subgraph has no such field."""
    below = view.lead(access.subgraph, access.view, name)
    if below is None or not access.provides:
        return below
    inherited = provided(access.provides, type_name, name) or ()
    return below._replace(provides=(*inherited, *below.provides))


def find_leads(view: GraphView, sources: Iterable[Access], type_name: str, name: str) -> list[Lead]:
    """``find_lead`` for several sources, omitting those that do not have the field."""
    found: list[Lead] = []
    for access in sources:
        below = find_lead(view, access, type_name, name)
        if below is not None:
            found.append((access, below))
    return found


def joinable(leads: Sequence[Lead]) -> list[Lead]:
    """The leads that may resolve one selection together; none when there is only one. A value
    computed from ``@requires`` fields need not equal what other subgraphs return for the field, so
    it is not combined with theirs."""
    found = [lead for lead in leads if lead[0].requires is None]
    return found if len(found) > 1 else []
