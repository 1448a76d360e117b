"""Selects the route at the root if several dialects have the same path."""

from collections.abc import Iterable

from trellis.router.rest.path import read_template
from trellis.router.rest.route import RestRoute
from trellis.router.rest.table import RouteTable


def routes_at_root(routes: Iterable[RestRoute], default_profile: str) -> list[RestRoute]:
    """The routes that are served without a prefix, by path and method.

    Of several with the same method and path: one whose dialect has no prefix, otherwise that of the
    default dialect, otherwise the first.
    """
    owned = [route for route in routes if route.profile.owns_root]
    table: RouteTable[RestRoute] = RouteTable()
    for route in sorted(owned, key=lambda route: rank_at_root(route, default_profile)):
        table.add(read_template(route.path), route.method, route)
    return sorted(table, key=lambda route: (route.path, route.method))


def rank_at_root(route: RestRoute, default_profile: str) -> tuple[bool, bool]:
    """A sort key: the route with the lowest rank is served at the root."""
    return bool(route.profile.prefix), route.profile.name != default_profile
