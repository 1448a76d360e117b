"""Reads the variables of an operation from an HTTP request."""

from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from graphql import get_named_type, is_input_object_type

from trellis.router.config import Limits
from trellis.router.rest.input_values import (
    Decode,
    Decoders,
    missing,
    no_parameter,
    not_a_file,
    unknown,
)
from trellis.router.rest.profile import PageRequest, Paginator, Problem, RequestInvalid
from trellis.router.rest.route import WHOLE_BODY, Parameter, Place, RestRoute
from trellis.router.web.json_text import load_json
from trellis.router.web.media_type import is_json
from trellis.router.web.multipart import Multipart
from trellis.schema.errors import BadRequest, PayloadTooLarge, TrellisError, Unauthenticated
from trellis.schema.uploads import UploadedFile

Texts = dict[str, list[str]]
_Slot = tuple[str, Parameter, Decode]


class _PartSlot(NamedTuple):
    parameter: Parameter
    decode: Decode


NO_PAGE = PageRequest({})
_DEFAULTS = Limits()


class RequestReader:
    """Reads the requests of one route.

    ``needs_body``: the route has a body. ``takes_token``: the token in the Authorization header is
    the value of a variable and not used for authentication.
    """

    def __init__(self, route: RestRoute, limits: Limits = _DEFAULTS) -> None:
        """``limits`` bound the JSON in parts of a multipart body as they do other bodies."""
        profile = route.profile
        self._limits = limits
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
        self._parts = self._part_slots(route) if "MULTIPART" in route.accepts else {}
        self._files = {p.name: p for p in route.parameters if p.is_file}
        self._opened = frozenset(name.partition(".")[0] for name in self._parts if "." in name)
        self._part_names = frozenset({*self._parts, *self._files})
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
        self._only = frozenset(names) if route.refuses_unknown_parameters else None
        self.needs_body = route.has_body
        self.takes_token = self._bearer is not None

    def read(
        self,
        path: Mapping[str, str],
        query_string: bytes,
        headers: Iterable[tuple[bytes, bytes]],
        body: Any = None,
        form: Texts | None = None,
        parts: Multipart | None = None,
    ) -> tuple[dict[str, Any], PageRequest]:
        """The variables and the requested page. ``body`` is the decoded JSON, or ``form`` the
        values of a form, or ``parts`` those of a multipart body. Raises RequestInvalid with all
        problems, BadRequest, and Unauthenticated if the token is missing that a variable needs."""
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
        if parts is not None:
            self._take_parts(parts, variables, problems)
        elif form is not None:
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
            raise RequestInvalid(problems, variables)
        variables |= page.variables
        return variables, page

    def _slots(self, route: RestRoute, place: Place, *, is_json: bool = False) -> tuple[_Slot, ...]:
        return tuple(
            (p.name, p, self._decoders.of(p, is_json=is_json))
            for p in route.parameters
            if p.place == place
        )

    def _part_slots(self, route: RestRoute) -> dict[str, _PartSlot]:
        """Slots of the texts of a multipart body by name. A member of a part with JSON is JSON, and
        so is what has no form as text."""
        slots: dict[str, _PartSlot] = {}
        for parameter in route.parameters:
            if parameter.place != "body" or parameter.is_file:
                continue
            for name in parameter.names:
                is_member = "." in name
                is_json = is_member or _is_json(parameter)
                decode = self._decoders.of(parameter, is_json=is_json)
                if is_json and not is_member:
                    decode = _json_text(decode, self._limits.json_depth)
                slots[name] = _PartSlot(parameter, decode)
        return slots

    def _take_parts(
        self, parts: Multipart, variables: dict[str, Any], problems: list[Problem]
    ) -> None:
        files, texts = self._sorted(parts)
        if not self._refuses_unknown:  # what nobody reads may come twice
            wanted = self._part_names | self._opened
            texts = {name: given for name, given in texts.items() if name in wanted}
        given = _values_of(texts, self._opened, problems, self._limits.json_depth)
        for name, slot in self._parts.items():
            variable = slot.parameter.variable
            if name in given and variable not in variables:
                variables[variable] = slot.decode(given[name], name, problems)
        for name, slot in self._parts.items():  # once for each parameter: by its first name
            parameter = slot.parameter
            is_missing = parameter.is_required and parameter.variable not in variables
            if is_missing and name == parameter.name:
                problems.append(missing(name))
        self._take_files(files, texts, variables, problems)
        if self._refuses_unknown:
            problems += [unknown(name) for name in given if name not in self._part_names]

    def _sorted(self, parts: Multipart) -> tuple[Texts, Texts]:
        """References of files, and texts, by name. JSON is a text also if it comes as a file, as it
        does when a browser gives a part its type."""
        files: Texts = {}
        texts: Texts = {}
        for part in parts.texts:
            texts.setdefault(part.name, []).append(part.text)
        for name, reference, file in parts.files:
            if name not in self._files and is_json(file.media_type):
                texts.setdefault(name, []).append(_text_of(file, self._limits.body_bytes))
            else:
                files.setdefault(name, []).append(reference)
        return files, texts

    def _take_files(
        self, files: Texts, texts: Texts, variables: dict[str, Any], problems: list[Problem]
    ) -> None:
        for name, parameter in self._files.items():
            found = files.get(name)
            if found is None:
                if name in texts:
                    problems.append(not_a_file(name))
                elif parameter.is_required:
                    problems.append(missing(name))
            elif _is_list(parameter):
                variables[parameter.variable] = found
            else:
                variables[parameter.variable] = _single(found, name, problems)
        problems += [not_a_file(name, is_file=True) for name in files if name not in self._files]

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


def _is_json(parameter: Parameter) -> bool:
    """Whether a value of this type has no form as text: an input object, or a list of them."""
    return is_input_object_type(get_named_type(parameter.type))


def _text_of(file: UploadedFile, max_bytes: int) -> str:
    """JSON that came as a file, as browsers send parts with a type of their own."""
    if file.size > max_bytes:
        raise PayloadTooLarge(f"A part with JSON may have at most {max_bytes} bytes.")
    return file.content.read(0, file.size).decode("utf-8", "replace")


def _json_text(decode: Decode, max_depth: int) -> Decode:
    def parsed(value: Any, name: str, problems: list[Problem]) -> Any:
        known = len(problems)
        given = _parsed(value, name, problems, max_depth)
        return decode(given, name, problems) if len(problems) == known else None

    return parsed


def _parsed(text: str, name: str, problems: list[Problem], max_depth: int) -> Any:
    try:
        return load_json(text, max_depth=max_depth)
    except TrellisError:
        problems.append(Problem(name, "INVALID_FORMAT", f"{name} must be JSON."))
        return None


def _values_of(
    texts: Texts, opened: Container[str], problems: list[Problem], max_depth: int
) -> dict[str, Any]:
    """The value of each part by its name; of the parts that are ``opened``, JSON objects, those of
    their members instead."""
    values: dict[str, Any] = {}
    for name, given in texts.items():
        value = _single(given, name, problems)
        if name not in opened:
            values[name] = value
            continue
        known = len(problems)
        parsed = _parsed(value, name, problems, max_depth)
        if isinstance(parsed, dict):
            values |= {f"{name}.{member}": item for member, item in parsed.items()}
        elif len(problems) == known:
            problems.append(Problem(name, "INVALID_FORMAT", f"{name} must be a JSON object."))
    return values


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
