"""Reads the variables of an operation from an HTTP request."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from trellis.router.rest.input_values import Decode, Decoders, missing, no_parameter, unknown
from trellis.router.rest.profile import PageRequest, Paginator, Problem, RequestInvalid
from trellis.router.rest.route import WHOLE_BODY, Parameter, Place, RestRoute
from trellis.schema.errors import BadRequest, Unauthenticated

Texts = dict[str, list[str]]
_Slot = tuple[str, Parameter, Decode]

NO_PAGE = PageRequest({})


class RequestReader:
    """Reads the requests of one route.

    ``needs_body``: the route has a body. ``takes_token``: the token in the Authorization header is
    the value of a variable and not used for authentication.
    """

    def __init__(self, route: RestRoute) -> None:
        profile = route.profile
        self._refuses_unknown = profile.refuses_unknown_members
        self._decoders = Decoders(
            profile.member_speller(route.area),
            profile.spell_enum,
            refuses_unknown=profile.refuses_unknown_members,
            constraints=route.constraints,
        )
        self._path = self._slots(route, "path")
        self._query = self._slots(route, "query")
        self._headers = self._slots(route, "header")
        self._body = self._slots(route, "body", is_json=True)
        self._form = self._slots(route, "body") if "FORM" in route.accepts else ()
        self._body_names = frozenset(name for name, _, _ in self._body)
        self._bearer = next(
            (p for p in route.parameters if p.place == "bearer" or p.or_bearer), None
        )
        self._paginator: Paginator | None = profile.paginator if route.page else None
        self._paged = route.page.variables if route.page else frozenset()
        parameters = self._paginator.parameters if self._paginator else ()
        self._page_names = tuple(parameter.name for parameter in parameters)
        self._first_page = _first_page(self._paginator)
        names = (*(name for name, _, _ in self._query), *self._page_names)
        self._only = frozenset(names) if route.is_list else None
        self.needs_body = route.has_body
        self.takes_token = self._bearer is not None

    def read(
        self,
        path: Mapping[str, str],
        query_string: bytes,
        headers: Iterable[tuple[bytes, bytes]],
        body: Any = None,
        form: Texts | None = None,
    ) -> tuple[dict[str, Any], PageRequest]:
        """The variables and the requested page. ``body`` is the decoded JSON, or ``form`` the
        values of a form. Raises RequestInvalid with all problems, BadRequest, and Unauthenticated
        if the token is missing that a variable needs."""
        variables: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, parameter, decode in self._path:
            variables[parameter.variable] = decode(path[name], name, problems)
        query = read_texts(query_string) if query_string else {}
        if self._query:
            _take_texts(self._query, query, variables, problems)
        if self._only is not None:
            problems += [no_parameter(n) for n in query if n and n not in self._only]
        if self._headers:
            _take_texts(self._headers, _header_texts(headers), variables, problems)
        if form is not None:
            _take_texts(self._form, form, variables, problems)
        elif self._body:
            self._take_body(body, variables, problems)
        if self._bearer is not None and self._bearer.variable not in variables:
            variables[self._bearer.variable] = _token(headers)
        page = self._page(query, problems) if self._paginator else NO_PAGE
        if not self._paged.issuperset(page.variables):
            name = self._paginator.parameters[0].name if self._paginator else ""
            problems.append(Problem(name, "INVALID_FORMAT", "This list cannot be paged that way."))
        if problems:
            raise RequestInvalid(problems)
        variables |= page.variables
        return variables, page

    def _slots(self, route: RestRoute, place: Place, *, is_json: bool = False) -> tuple[_Slot, ...]:
        return tuple(
            (p.name, p, self._decoders.of(p, is_json=is_json))
            for p in route.parameters
            if p.place == place
        )

    def _take_body(self, body: Any, variables: dict[str, Any], problems: list[Problem]) -> None:
        if self._body[0][0] == WHOLE_BODY:
            _, parameter, decode = self._body[0]
            variables[parameter.variable] = decode(body, "", problems)
            return
        if not isinstance(body, dict):
            raise BadRequest("The body must be a JSON object.")
        for name, parameter, decode in self._body:
            if name in body:
                value = body[name]
                variables[parameter.variable] = decode(value, name, problems)
            elif parameter.is_required and not parameter.or_bearer:
                problems.append(missing(name))
        if self._refuses_unknown:
            problems += [unknown(name) for name in body if name not in self._body_names]

    def _page(self, query: Texts, problems: list[Problem]) -> PageRequest:
        assert self._paginator is not None
        given: dict[str, str] = {}
        for name in self._page_names:
            if texts := query.get(name):
                given[name] = _single(texts, name, problems)
        if not given and self._first_page is not None:
            return self._first_page
        try:
            return self._paginator.read(given)
        except RequestInvalid as invalid:
            problems += invalid.problems
            return NO_PAGE


def _first_page(paginator: Paginator | None) -> PageRequest | None:
    """The page of requests without parameters; None if they are required."""
    if paginator is None:
        return None
    try:
        return paginator.read({})
    except RequestInvalid:
        return None


def read_texts(text: bytes) -> Texts:
    """The values of a query string or a form, by name. Raises BadRequest if it is not UTF-8."""
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise BadRequest("The query string or form is not valid UTF-8.") from None
    texts: Texts = {}
    for name, value in pairs:
        texts.setdefault(name, []).append(value)
    return texts


def _take_texts(
    slots: Iterable[_Slot], given: Texts, variables: dict[str, Any], problems: list[Problem]
) -> None:
    for name, parameter, decode in slots:
        texts = given.get(name)
        if texts is None:
            if parameter.is_required and not parameter.or_bearer:
                problems.append(missing(name))
            continue
        value = texts if len(texts) > 1 and _is_list(parameter) else _single(texts, name, problems)
        variables[parameter.variable] = decode(value, name, problems)


def _is_list(parameter: Parameter) -> bool:
    return "[" in str(parameter.type)


def _single(texts: list[str], name: str, problems: list[Problem]) -> str:
    if len(texts) > 1:
        problems.append(Problem(name, "INVALID_FORMAT", f"{name} is given more than once."))
    return texts[0]


def _header_texts(headers: Iterable[tuple[bytes, bytes]]) -> Texts:
    texts: Texts = {}
    for name, value in headers:
        texts.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return texts


def _token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The Bearer token (RFC 6750, section 2.1)."""
    values = [value for name, value in headers if name == b"authorization"]
    if len(values) > 1:
        raise BadRequest("A request may have one Authorization header.")
    scheme, _, token = values[0].decode("latin-1").partition(" ") if values else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer ...`.")
    return token.strip()
