"""Styles of pagination over Relay connections: numbered pages, offsets, and cursors twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.router.rest.profile import (
    Headers,
    Links,
    PageFacts,
    PageParameter,
    PageRequest,
    Problem,
    RequestInvalid,
)

MOST_SKIPPED = 10_000
"""The most rows that connections of the graph skip."""

_LAST_PAGE = MOST_SKIPPED + 1
"""With one item per page."""

_BACKWARD = "~"
_MOST_DIGITS = 10
"""Longer numbers are never valid, and would take long to parse."""


@dataclass(frozen=True, slots=True)
class NumberedPages:
    """``page`` and ``per_page``.

    More than ``most`` per page is refused, or reduced with ``clamps``. ``tells_neighbours`` adds
    has_next, has_prev, next_page and prev_page to the pagination object.
    """

    clamps: bool
    tells_neighbours: bool
    default: int = 20
    most: int = 100

    @property
    def parameters(self) -> Sequence[PageParameter]:
        most = None if self.clamps else self.most
        cut = f"; more than {self.most} are taken as {self.most}" if self.clamps else ""
        return (
            PageParameter(
                "page", "Int", 1, 1, _LAST_PAGE, "which page, counted from 1", fills=("skip",)
            ),
            PageParameter(
                "per_page",
                "Int",
                self.default,
                1,
                most,
                f"items on a page{cut}",
                fills=("first", "last"),
            ),
        )

    @property
    def variables(self) -> frozenset[str]:
        return frozenset({"first", "skip"})

    @property
    def selects(self) -> frozenset[str]:
        return frozenset({"totalCount"})

    def read(self, query: Mapping[str, str]) -> PageRequest:
        """Raises ``RequestInvalid``."""
        reader = _Reader(query, self.parameters)
        page, size = reader.number("page"), reader.number("per_page")
        reader.raise_any()
        size = min(size, self.most)
        skipped = (page - 1) * size
        if skipped > MOST_SKIPPED:
            last = MOST_SKIPPED // size + 1
            message = f"page must not be beyond {last} with {size} items per page; filter instead."
            raise RequestInvalid([Problem("page", "VALUE_OUT_OF_RANGE", message)])
        requested = {"page": page, "per_page": size}
        return PageRequest({"first": size, "skip": skipped}, requested)

    def write(self, page: PageRequest, facts: PageFacts) -> Mapping[str, Any]:
        number, size, total = page.requested["page"], page.requested["per_page"], facts.total or 0
        pages = -(-total // size)
        written = {"page": number, "per_page": size, "total": total, "total_pages": pages}
        if not self.tells_neighbours:
            return written
        has_next, has_previous = number < pages, number > 1 and pages > 0
        return {
            **written,
            "has_next": has_next,
            "has_prev": has_previous,
            "next_page": number + 1 if has_next else None,
            "prev_page": min(number - 1, pages) if has_previous else None,
        }

    def links(self, page: PageRequest, facts: PageFacts) -> Links:
        return {}


@dataclass(frozen=True, slots=True)
class OffsetPages:
    """``limit`` and ``offset``, without a pagination object: links tell what is before and after
    the page (RFC 8288)."""

    default: int = 10
    most: int = 100

    @property
    def parameters(self) -> Sequence[PageParameter]:
        return (
            _limit(self.default, self.most),
            PageParameter(
                "offset", "Int", 0, 0, MOST_SKIPPED, "items passed over", fills=("skip",)
            ),
        )

    @property
    def variables(self) -> frozenset[str]:
        return frozenset({"first", "skip"})

    @property
    def selects(self) -> frozenset[str]:
        return frozenset({"pageInfo.hasNextPage"})

    def read(self, query: Mapping[str, str]) -> PageRequest:
        """Raises ``RequestInvalid``."""
        reader = _Reader(query, self.parameters)
        limit, offset = reader.number("limit"), reader.number("offset")
        reader.raise_any()
        return PageRequest({"first": limit, "skip": offset}, {"limit": limit, "offset": offset})

    def write(self, page: PageRequest, facts: PageFacts) -> None:
        return None

    def links(self, page: PageRequest, facts: PageFacts) -> Links:
        """The first page may be shorter than others, so that none repeats an item."""
        limit, offset = page.requested["limit"], page.requested["offset"]
        found: dict[str, Mapping[str, int]] = {}
        if facts.has_next and offset + limit <= MOST_SKIPPED:
            found["next"] = {"limit": limit, "offset": offset + limit}
        if offset > 0:
            size = min(limit, offset)
            found["prev"] = {"limit": size, "offset": offset - size}
        return found


@dataclass(frozen=True, slots=True)
class CursorPages:
    """``cursor`` and ``limit``; a deprecated ``offset`` beside them.

    Cursors are those of the connection. Cursors of previous pages begin with a tilde; they exist
    only if the operation declares ``$last`` and ``$before`` and selects hasPreviousPage and
    startCursor. Members that do not apply are absent from the pagination object, not null.
    """

    offset_deprecated_since: bytes
    default: int = 20
    most: int = 100

    @property
    def parameters(self) -> Sequence[PageParameter]:
        return (
            PageParameter(
                "cursor",
                "String",
                description="nextCursor or prevCursor of an answer",
                fills=("after", "before"),
            ),
            _limit(self.default, self.most),
            PageParameter(
                "offset",
                "Int",
                None,
                0,
                MOST_SKIPPED,
                "use cursor instead",
                is_deprecated=True,
                fills=("skip",),
            ),
        )

    @property
    def variables(self) -> frozenset[str]:
        return frozenset({"first", "after"})

    @property
    def selects(self) -> frozenset[str]:
        return frozenset({"pageInfo.hasNextPage", "pageInfo.endCursor"})

    def read(self, query: Mapping[str, str]) -> PageRequest:
        """Raises ``RequestInvalid``."""
        reader = _Reader(query, self.parameters)
        limit = reader.number("limit")
        offset = reader.number("offset") if "offset" in query else None
        reader.raise_any()
        cursor = query.get("cursor") or None
        requested = {"cursor": cursor} if cursor else {}
        if cursor and cursor.startswith(_BACKWARD):
            return PageRequest({"last": limit, "before": cursor[len(_BACKWARD) :]}, requested)
        variables: dict[str, Any] = {"first": limit}
        headers: Headers = ()
        if cursor:
            variables["after"] = cursor
        if offset is not None:
            variables["skip"] = offset
            headers = [(b"deprecation", self.offset_deprecated_since)]
        return PageRequest(variables, requested, headers)

    def write(self, page: PageRequest, facts: PageFacts) -> Mapping[str, Any]:
        written: dict[str, Any] = dict(page.requested)
        if facts.has_next and facts.end_cursor:
            written["nextCursor"] = facts.end_cursor
        if facts.has_previous and facts.start_cursor:
            written["prevCursor"] = _BACKWARD + facts.start_cursor
        written["hasMore"] = bool(facts.has_next)
        if facts.total is not None:
            written["total"] = facts.total
        return written

    def links(self, page: PageRequest, facts: PageFacts) -> Links:
        return {}


@dataclass(frozen=True, slots=True)
class RelayPages:
    """``first``, ``after`` and ``pageInfo``, as in the graph."""

    default: int = 20
    most: int = 100

    @property
    def parameters(self) -> Sequence[PageParameter]:
        return (
            PageParameter("first", "Int", self.default, 1, self.most, "items at most"),
            PageParameter("after", "String", description="endCursor of the page before"),
        )

    @property
    def variables(self) -> frozenset[str]:
        return frozenset({"first", "after"})

    @property
    def selects(self) -> frozenset[str]:
        return frozenset({"pageInfo.hasNextPage", "pageInfo.endCursor"})

    def read(self, query: Mapping[str, str]) -> PageRequest:
        """Raises ``RequestInvalid``."""
        reader = _Reader(query, self.parameters)
        variables: dict[str, Any] = {"first": reader.number("first")}
        reader.raise_any()
        if after := query.get("after"):
            variables["after"] = after
        return PageRequest(variables)

    def write(self, page: PageRequest, facts: PageFacts) -> Mapping[str, Any]:
        info = {"hasNextPage": bool(facts.has_next), "endCursor": facts.end_cursor}
        total = {} if facts.total is None else {"totalCount": facts.total}
        return {"pageInfo": info, **total}

    def links(self, page: PageRequest, facts: PageFacts) -> Links:
        return {}


def _limit(default: int, most: int) -> PageParameter:
    return PageParameter("limit", "Int", default, 1, most, "items at most", fills=("first", "last"))


class _Reader:
    """Reads integers from a query string and collects all problems."""

    def __init__(self, query: Mapping[str, str], parameters: Sequence[PageParameter]) -> None:
        self._query = query
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._problems: list[Problem] = []

    def number(self, name: str) -> int:
        parameter = self._parameters[name]
        least, most = parameter.minimum or 0, parameter.maximum
        text = self._query.get(name)
        if text is None:
            return parameter.default
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            self._refuse(name, "INVALID_FORMAT", f"{name} must be a whole number.")
            return least
        digits = digits.lstrip("0")[:_MOST_DIGITS] or "0"
        number = -int(digits) if text.startswith("-") else int(digits)
        if number < least or (most is not None and number > most):
            span = f"at least {least}" if most is None else f"between {least} and {most}"
            self._refuse(name, "VALUE_OUT_OF_RANGE", f"{name} must be {span}.")
            return least
        return number

    def raise_any(self) -> None:
        if self._problems:
            raise RequestInvalid(self._problems)

    def _refuse(self, name: str, code: str, message: str) -> None:
        self._problems.append(Problem(name, code, message))
