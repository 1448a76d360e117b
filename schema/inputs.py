"""Checks of what clients send: every problem of an input is reported at once, with its field.

A limit stands in one place, an annotated type that the column has and the members of inputs too.
In the SDL it is ``@constraint``, by which REST routes check and document what they take:

    Summary = Annotated[str, Field(max_length=255)]        # pydantic's Field

    class Issue(Base, table=True):
        summary: Summary

    @strawberry.input
    class CreateIssueInput:
        summary: Summary

        def checked(self) -> NewIssue:
            return InputProblems().make(NewIssue, self)
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field
from pydantic.fields import FieldInfo
from strawberry import ID, UNSET
from strawberry.utils.str_converters import to_camel_case

from trellis.schema.currencies import CURRENCIES
from trellis.schema.directives import Constraint
from trellis.schema.errors import BadUserInput, FieldProblem, TrellisError


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


Made = TypeVar("Made", bound=_Dataclass)

SearchText = Annotated[str, Field(max_length=200)]
"""Part of a text to search for."""

Id = Annotated[ID, Constraint(format="UUID")]
"""An id that is refused as malformed when it is no UUID, where a plain ``ID`` may be not found."""


_CENT = Decimal("0.01")


class InputProblems:
    """Collects the problems of one input; ``raise_any`` ends the check.

    Codes: REQUIRED_FIELD_MISSING, VALUE_TOO_SHORT, VALUE_TOO_LONG, INVALID_FORMAT,
    INVALID_ENUM_VALUE. Field names are the GraphQL ones.
    """

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def add(self, field: str, code: str, message: str) -> None:
        self._problems.append(FieldProblem(field=field, code=code, message=message))

    def text(self, field: str, value: str, *, maximum: int, minimum: int = 1) -> str:
        """``value`` without surrounding spaces; a problem if too short, too long or binary."""
        value = value.strip()
        if not value and minimum > 0:
            self.add(field, "REQUIRED_FIELD_MISSING", f"{field} must not be empty.")
        elif len(value) < minimum:
            self.add(field, "VALUE_TOO_SHORT", f"{field} needs at least {minimum} characters.")
        elif len(value) > maximum:
            self.add(field, "VALUE_TOO_LONG", f"{field} may have {maximum} characters at most.")
        if not is_storable(value):
            self.add(field, "INVALID_FORMAT", f"{field} contains characters that are not text.")
        return value

    def optional_text(self, field: str, value: str | None, *, maximum: int) -> str | None:
        """Like ``text``; absent and blank values are None."""
        return self.text(field, value, maximum=maximum, minimum=0) or None if value else None

    def web_address(self, field: str, value: str | None, *, maximum: int) -> str | None:
        """An http(s) address; other schemes could run code in clients that show it as a link.
        Absent and blank values are None."""
        url = self.optional_text(field, value, maximum=maximum)
        if url is not None and not _is_web_address(url):
            self.add(field, "INVALID_FORMAT", f"{field} must be an http or https address.")
        return url

    def currency(self, field: str, value: str) -> str:
        """A code of ISO 4217, without surrounding spaces."""
        code = value.strip()
        if code not in CURRENCIES:
            message = f"{field} must be a code of ISO 4217 such as EUR."
            self.add(field, "INVALID_ENUM_VALUE", message)
        return code

    def money(
        self, field: str, value: Decimal, *, maximum: Decimal | int, may_be_zero: bool = False
    ) -> Decimal:
        """An amount as it is stored, with two decimals; a problem if it has more, or is none."""
        is_in_range = 0 <= value <= maximum and (may_be_zero or value != 0)
        # Comparing is exact, whatever arithmetic rounds.
        if is_in_range and value == (amount := value.quantize(_CENT)):
            return abs(amount)  # Decimal has a zero below zero
        wanted = f"between 0 and {maximum}" if may_be_zero else f"above 0 and at most {maximum}"
        message = f"{field} must be {wanted}, with two decimals at most."
        self.add(field, "INVALID_FORMAT", message)
        return value

    def one_of(self, field: str, value: str, allowed: Collection[str]) -> str:
        if value not in allowed:
            wanted = ", ".join(allowed)
            self.add(field, "INVALID_ENUM_VALUE", f"{field} must be one of: {wanted}.")
        return value

    def id(self, field: str, value: str) -> UUID:
        """``value`` as a UUID; a problem if it is not one."""
        found = as_uuid(value)
        if found is None:
            self.add(field, "INVALID_FORMAT", f"{field} is not an id of this platform.")
        return found or UUID(int=0)

    def members(
        self, given: object, *, skip: Collection[str] = (), never_null: Collection[str] = ()
    ) -> dict[str, Any]:
        """The members of a Strawberry input by Python name, checked by their types.

        Texts with limits are stripped and measured, ids become UUIDs, all else stays as GraphQL
        has read it. Members that are absent (``UNSET``) or in ``skip`` are left out. Null is what
        clients empty a member with; those in ``never_null`` cannot be emptied.
        """
        return {
            name: self._checked(kind, getattr(given, name), is_needed=name in never_null)
            for name, kind in _members_of(type(given)).items()
            if name not in skip and getattr(given, name) is not UNSET
        }

    def make(self, kind: type[Made], given: object, **instead: Any) -> Made:
        """The dataclass ``kind`` with the members of an input that it has fields for.

        Those in ``instead`` were checked already. Ends the check: raises ``BadUserInput`` with all
        problems, if there are any.
        """
        names = {field.name for field in fields(kind)} - instead.keys()
        values = self.members(given, skip=_members_of(type(given)).keys() - names)
        self.raise_any()
        return kind(**values, **instead)

    def _checked(self, member: "_Member", value: Any, *, is_needed: bool) -> Any:
        if member.limits is not None:
            least, most = member.limits
            if is_needed or not member.is_optional:
                return self.text(member.field, value or "", maximum=most, minimum=least)
            return self.optional_text(member.field, value, maximum=most)
        if value is None:
            if is_needed:
                message = f"{member.field} cannot be emptied."
                self.add(member.field, "REQUIRED_FIELD_MISSING", message)
            return None
        return self.id(member.field, value) if member.is_id else value

    def raise_any(self) -> None:
        """Raises ``BadUserInput`` with all problems, if there are any."""
        if self._problems:
            message = " ".join(problem.message for problem in self._problems)
            raise BadUserInput(message, self._problems)


def known_id(value: str, missing: Callable[[str], TrellisError]) -> UUID:
    """Parse an id sent by a client. Raises ``missing`` if it cannot be a valid id."""
    found = as_uuid(value)
    if found is None:
        raise missing(value)
    return found


def as_uuid(value: str) -> UUID | None:
    """Parse an id sent by a client; None if it cannot be a valid id."""
    try:
        return UUID(value) if len(value) == 36 else None
    except ValueError:
        return None


def is_id_of(value: str, known: UUID | None) -> bool:
    """Whether an id sent by a client is this one, in any case; none is that of nobody."""
    return known is not None and as_uuid(value) == known


def constraint_of(hint: Any) -> Constraint | None:
    """What ``@constraint`` says about a member with this type: the ``Constraint`` in its
    annotations, else the limits of pydantic's ``Field``; None where there is neither.

    The minimum of an optional text is left out, because a blank one is accepted as null."""
    parts = _parts(hint)
    given = next((part for part in parts if isinstance(part, Constraint)), None)
    info = next((part for part in parts if isinstance(part, FieldInfo)), None)
    if given is not None or info is None:
        return given
    least, most = _limits(info)
    if NoneType in parts:
        return Constraint(max_length=most)
    # A text is measured without the spaces around it.
    return Constraint(min_length=least, max_length=most, not_blank=True if least > 0 else UNSET)


def is_storable(value: str) -> bool:
    """Whether databases accept the text: no NUL, no lone surrogate."""
    return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)


@dataclass(frozen=True, slots=True)
class _Member:
    """How an input member is checked, from its type, and its name for clients."""

    field: str
    is_id: bool
    is_optional: bool
    limits: tuple[int, int] | None


@cache
def _members_of(kind: type) -> Mapping[str, _Member]:
    hints = get_type_hints(kind, include_extras=True)
    return {
        name: _Member(
            field=to_camel_case(name),
            is_id=ID in _parts(hint),
            is_optional=NoneType in _parts(hint),
            limits=next(
                (_limits(part) for part in _parts(hint) if isinstance(part, FieldInfo)), None
            ),
        )
        for name, hint in hints.items()
    }


def _parts(hint: Any) -> list[Any]:
    """The types and annotations that ``Annotated`` and ``| None`` put together."""
    if get_origin(hint) is list:
        return [hint]
    inner = [*get_args(hint), *getattr(hint, "__metadata__", ())]
    return [part for one in inner for part in _parts(one)] if inner else [hint]


def _limits(info: FieldInfo) -> tuple[int, int]:
    """The minimum and maximum number of characters. A required text has at least one."""
    least = next((one.min_length for one in info.metadata if hasattr(one, "min_length")), 1)
    return least, next(one.max_length for one in info.metadata if hasattr(one, "max_length"))
