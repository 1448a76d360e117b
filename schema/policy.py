"""Policies, the functions behind the names in ``@policy``, registered by subgraphs.

``@policy(policies: [["owner:project", "tier:pro"], ["auditor"]])`` asks for one of its lists, all
names of it. ``Subgraph.policies`` says what each name means. A name that nobody registered, a
function that raises, that takes too long or that answers anything but plain booleans denies.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.schema.identity import Identity

GuardedObject = Mapping[str, Any]
"""The fields of one object that a policy needs, as JSON values.

``__typename`` is its type. Where the policy stands on a field of Query, Mutation or Subscription,
or on an argument, the object is that field's arguments with their defaults, ``__typename`` the
type that has the field and ``__field`` the field's name.
"""


@dataclass(frozen=True, slots=True)
class CallerPolicy:
    """Decides by the caller alone, once per operation and before anything is fetched."""

    decide: Callable[[Identity], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class ObjectPolicy:
    """Decides about a list of objects: one boolean for each, in the same order.

    ``needs`` is a field set on the guarded type, such as ``"owner { id }"``, or one for each type
    that the policy guards. The router fetches it beside what the client wants, from whichever
    subgraphs have it; the client does not need rights on it. Equal objects are asked about once.
    """

    decide: Callable[[Identity, Sequence[GuardedObject]], Awaitable[Sequence[bool]]]
    needs: str | Mapping[str, str] = ""


Policy = CallerPolicy | ObjectPolicy
