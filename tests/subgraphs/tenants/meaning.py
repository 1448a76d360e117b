"""What a domain tells the tenant tests about itself, in its ``meanings.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a tenant's ids are made of what the domains tell here
    from tests.subgraphs.tenants.tenant import Tenant

FREE = "free"
"""The kind of texts that refer to nothing."""

OfTenant = Callable[["Tenant"], Any]


def _is_no_trace(_table: str, _row: Mapping[str, Any], _own: Tenant) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """Coordinates are ``Type.field``, ``Type.field.argument`` or ``Input.member``.

    - ``counts``: how many a tenant has of each kind; ``of_people``: kinds with one for each person.
    - ``by_name``, ``by_coordinate``: the kind of what an argument or input member refers to, by its
      name wherever it stands, and by where it stands.
    - ``in_dialect``: the kind at a coordinate in the routes of a dialect that knows only some of
      what it can refer to, by the name of the dialect and the coordinate.
    - ``good_texts``: what a free text must look like to be accepted, by name; ``good_values``:
      whole values that must fit together to be accepted, by coordinate.
    - ``values``: what a tenant has of kinds that are no ids, the obvious one first; ``unused``:
      names that nothing has yet; ``words``: what fits at a member of kind ``vocabulary``.
    - ``entrances``: how an own object of a type is reached, as a template in which ``$kind``
      is its first id of a kind; braces that it opens are closed by whoever uses it.
    - ``goes_with``: members of inputs that mean something beside another one only: its name and
      the kind of what it refers to.
    - ``common_names``: members with names that are unique on the whole platform, so that whoever
      wants one learns that it is taken: an operation that wants one of the other tenant's.
    - ``makes_no_difference``: places in which nothing of one's own makes a difference to the
      answer, with the reason; ``for_administrators``: fields that only those of the platform may
      ask.
    - ``streams``: how each subscription about a project is asked, with ``$id`` and ``$after``;
      ``writes``: a mutation with ``$id`` and ``$text`` after which it tells something, asked by the
      boss; ``@kind`` in it is the first id of a kind. ``hears``: who hears of it, where not every
      member does.
    - ``is_trace``: whether a row of a table that speaks of another tenant is what somebody of
      ``own`` may leave there.
    - ``keeps_deleted``: tables in which the id of a deleted person may stay.
    - ``object_streams``: subscriptions about one object, with ``$id`` and ``$after``, and its kind.
    - ``personal_streams``: subscriptions of the caller, with ``$after`` alone; ``personal_writes``:
      a mutation with ``$id`` of a project and ``$text`` after which they tell the person ``$who``.
    """

    counts: Mapping[str, int]
    of_people: tuple[str, ...] = ()
    by_name: Mapping[str, str] = field(default_factory=dict)
    by_coordinate: Mapping[str, str] = field(default_factory=dict)
    in_dialect: Mapping[tuple[str, str], str] = field(default_factory=dict)
    good_texts: Mapping[str, Any] = field(default_factory=dict)
    good_values: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, OfTenant] = field(default_factory=dict)
    unused: Mapping[str, OfTenant] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    entrances: Mapping[str, str] = field(default_factory=dict)
    goes_with: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    common_names: Mapping[str, str] = field(default_factory=dict)
    makes_no_difference: Mapping[str, str] = field(default_factory=dict)
    for_administrators: frozenset[str] = frozenset()
    streams: Mapping[str, str] = field(default_factory=dict)
    writes: Mapping[str, str] = field(default_factory=dict)
    hears: Mapping[str, str] = field(default_factory=dict)
    is_trace: Callable[[str, Mapping[str, Any], Tenant], bool] = _is_no_trace
    keeps_deleted: frozenset[str] = frozenset()
    object_streams: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    personal_streams: Mapping[str, str] = field(default_factory=dict)
    personal_writes: Mapping[str, str] = field(default_factory=dict)
