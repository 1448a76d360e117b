"""Which route answers at the root, where several dialects may have the same path."""

from collections.abc import Iterable

from trellis.router.rest.path import read_template
from trellis.router.rest.route import RestRoute
from trellis.router.rest.table import RouteTable


def routes_at_root(routes: Iterable[RestRoute], default_profile: str) -> list[RestRoute]:
    """The routes that are served without a prefix, by path and method.

    Of several at one place: one whose dialect has no prefix, the default's, the first.
    """
    owned = [route for route in routes if route.profile.owns_root]
    table: RouteTable[RestRoute] = RouteTable()
    for route in sorted(owned, key=lambda route: rank_at_root(route, default_profile)):
        table.add(read_template(route.path), route.method, route)
    return sorted(table, key=lambda route: (route.path, route.method))


def rank_at_root(route: RestRoute, default_profile: str) -> tuple[bool, bool]:
    """To sort by: the least one that has a path and method gets it at the root."""
    return bool(route.profile.prefix), route.profile.name != default_profile
