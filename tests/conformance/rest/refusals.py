"""Every way to fail, for every operation that is there: generated from the contract.

A case says what is sent and what the document of the dialect says about the answer. The requests
that succeed are those of ``cases``; each is asked for once and then spoilt in many ways.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx

from tests.conformance.rest.asking import NO_BODY, Ask, Case
from tests.conformance.rest.cases import CASES
from tests.conformance.rest.contract import Operation
from tests.conformance.rest.error_forms import TRACKER_MESSAGES, Expected, wrong_with
from tests.conformance.rest.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TRACKER_MEDIA = "application/vnd.projectmanager.v1+json"
_FORGED = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.AAAA"
_SNAKE = frozenset({"pm", "tracker"})

# By dialect and what is wrong: (status, code). Documents 002 and 003 name no codes for these.
_WORDS: Mapping[str, Mapping[str, tuple[int, str | None]]] = {
    "pm": {
        "anonymous": (401, "AUTHENTICATION_FAILED"),
        "absent": (404, "RESOURCE_NOT_FOUND"),
        "malformed": (400, "VALIDATION_ERROR"),
        "invalid": (400, "VALIDATION_ERROR"),
    },
    "tracker": {
        "anonymous": (401, "TOKEN_INVALID"),
        "absent": (404, "RESOURCE_NOT_FOUND"),
        "malformed": (400, "INVALID_FORMAT"),
        "invalid": (422, "VALIDATION_ERROR"),
    },
    "learn": {
        "anonymous": (401, "UNAUTHORIZED"),
        "absent": (404, None),
        "malformed": (400, None),
        "invalid": (422, "VALIDATION_ERROR"),
    },
    "commerce": {
        "anonymous": (401, None),
        "absent": (404, "USER_004"),
        "malformed": (400, None),
        "invalid": (422, None),
    },
    "todo": {
        "anonymous": (401, None),
        "absent": (404, None),
        "malformed": (400, None),
        "invalid": (400, None),
    },
}
# What is asked for besides by document 002, by the beginning of the path: it has a word for orders
# that are not there, and none for payments. Of refunds the contract names 400 for what is invalid.
_WORDS_OF_COMMERCE: Mapping[str, Mapping[str, tuple[int, str | None]]] = {
    "/api/orders": {"absent": (404, "ORDER_003")},
    "/api/payments": {"absent": (404, None)},
    "/api/payments/{payment_id}/refund": {"invalid": (400, None)},
}
_MESSAGES: Mapping[tuple[str, str], str] = {
    ("pm", "VALIDATION_ERROR"): "Invalid input data",
    ("pm", "INVALID_CREDENTIALS"): "Invalid email or password",
    ("pm", "AUTHORIZATION_FAILED"): "Insufficient permissions",
    ("learn", "VALIDATION_ERROR"): "Validation failed",
    ("learn", "FORBIDDEN"): "Insufficient permissions",
    **{("tracker", code): message for code, message in TRACKER_MESSAGES.items()},
}
_LINES: Mapping[str, tuple[str, ...]] = {
    "pm": ("S0-ENV-02", "S0-ENV-03", "S0-ERR-01"),
    "tracker": ("S1-ENV-02", "S1-ERR-01", "S1-ERR-09", "S1-VER-04"),
    "union": ("S0-ENV-02", "S1-ENV-02", "C-78"),
    "commerce": ("S2-ERR-01",),
    "todo": ("S3-ERR-01",),
    "learn": ("S4-ENV-03", "S4-STA-02", "S4-SEC-03", "S4-SEC-04", "S4-SEC-05", "S4-SEC-06"),
}
# What a single way to fail asks for besides, by dialect.
_MORE_LINES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("pm", "faults"): ("S0-ERR-03",),
    ("pm", "refusal"): ("S0-ERR-02", "S0-ERR-05", "S0-PERM-02"),
    ("pm", "parameter"): ("S0-FLT-01", "S0-PAG-01"),
    ("tracker", "faults"): ("S1-ERR-04",),
    ("tracker", "refusal"): ("S1-ERR-02", "S1-ERR-03", "S1-ERR-05", "S1-ERR-06", "S1-ERR-08"),
    ("tracker", "parameter"): ("S0-FLT-01", "S1-PAG-01"),
    ("tracker", "version"): ("S1-VER-02",),
    ("pm", "limit"): ("S0-RL-01",),
    ("pm", "away"): ("S0-ERR-04",),
    ("tracker", "limit"): ("S1-RL-01", "S1-RL-09", "S1-ENV-03"),
    ("tracker", "away"): ("S1-ERR-07",),
    ("commerce", "refusal"): ("S2-ERR-02",),
    ("learn", "faults"): ("S4-ENV-04", "S4-VAL-07", "C-76"),
    ("learn", "refusal"): ("S4-ERR-01", "S4-SEC-02"),
    ("learn", "parameter"): ("S4-PAG-01", "S4-PAG-02"),
    ("learn", "method"): ("C-15", "C-70"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that is to be refused. ``dialect`` is that of the answer."""

    operation: str
    way: str
    dialect: str
    method: str
    path: str
    ask: Ask
    expected: Expected

    @property
    def lines(self) -> tuple[str, ...]:
        """The requirement lines that the answer is held to."""
        kind = self.way.partition(":")[0]
        return (*_LINES[self.dialect], *_MORE_LINES.get((self.dialect, kind), ()))

    def problems(self, client: httpx.Client) -> list[str]:
        """Send it; what is wrong with the answer."""
        return wrong_with(self.dialect, self.send(client), self.expected)

    def send(self, client: httpx.Client) -> httpx.Response:
        return self.ask.send_by(client, self.method, self.path)


def all_refusals(
    world: World, operations: Sequence[Operation], contract: Sequence[Operation]
) -> Iterator[Refusal]:
    """Those of some operations of the contract, whose ``cases`` there are."""
    methods: dict[tuple[str, str], set[str]] = {}
    for other in contract:
        if other.is_served:
            methods.setdefault((other.profile, other.path), set()).add(other.method)
    for operation in operations:
        served = frozenset(methods[operation.profile, operation.path])
        yield from refusals(world, operation, CASES[operation.id], served)


def refusals(
    world: World, operation: Operation, case: Case, methods: frozenset[str]
) -> Iterator[Refusal]:
    """All for one operation; ``methods`` are those that the contract has at its path."""
    maker = _Maker(operation, case.ask(world))
    yield from maker.credentials()
    yield from maker.absence()
    yield from maker.unreadable()
    yield from maker.faults()
    yield from maker.parameters()
    yield from maker.paths()
    yield from maker.methods(methods)
    yield from maker.at_the_root()
    for (status, code), asking in case.refusals.items():
        expected = _expected(operation.profile, status, code)
        yield maker.refusal(f"refusal:{status} {code}", asking(world), expected)


_NOT_REQUIRED = {("S1-projects-create", "key")}
"""Inferred to be required; here it is made from the name where it is absent."""


_WRONG_IF_EMPTY = {("S2-users-verify", "verification_token")}
"""Where an empty text is a wrong one, for which the document has a code of its own."""


def _expected(dialect: str, status: int, code: str | None, **more: Any) -> Expected:
    message = _MESSAGES.get((dialect, code or ""))
    return Expected(status, code, message, **more)


class _Maker:
    def __init__(self, operation: Operation, ask: Ask) -> None:
        self._operation = operation
        self._dialect = operation.profile
        self._ask = ask
        self._url = f"/{operation.profile}{operation.path}"
        self._words = dict(_WORDS[operation.profile])
        if operation.profile == "commerce":
            for start, words in _WORDS_OF_COMMERCE.items():
                if operation.path.startswith(start):
                    self._words |= words

    def refusal(self, way: str, ask: Ask, expected: Expected, **where: str) -> Refusal:
        place = {
            "dialect": self._dialect,
            "method": self._operation.method,
            "path": self._url,
            **where,
        }
        return Refusal(self._operation.id, way, ask=ask, expected=expected, **place)

    def _as(self, kind: str, **more: Any) -> Expected:
        return _expected(self._dialect, *self._words[kind], **more)

    def credentials(self) -> Iterator[Refusal]:
        if not self._operation.needs_token:
            return
        expected = self._as("anonymous")
        for way, header in (
            ("none", None),
            ("forged", f"Bearer {_FORGED}"),
            ("garbage", "Bearer x"),
            ("another scheme", "Basic YWRhOmFkYQ=="),
        ):
            headers = {"authorization": header} if header else {}
            ask = replace(self._ask, token=None, headers=headers)
            yield self.refusal(f"credentials:{way}", ask, expected)

    def absence(self) -> Iterator[Refusal]:
        if not any(status == 404 for status, _ in self._operation.errors):
            return
        for way, id in (("unknown", str(uuid4())), ("no id", "no-such-thing")):
            ask = replace(self._ask, path=dict.fromkeys(self._ask.path, id))
            if self._ask.path and self._operation.needs_token:
                yield self.refusal(f"absence:{way}", ask, self._as("absent"))

    def unreadable(self) -> Iterator[Refusal]:
        malformed = replace(self._as("malformed"), message=self._malformed_message())
        bad_query = replace(self._ask, query_text="search=%FF")
        yield self.refusal("unreadable:query", bad_query, malformed)
        not_acceptable = replace(self._ask, headers={"accept": "image/png"})
        yield self.refusal("unreadable:accept", not_acceptable, Expected(406))
        if self._ask.body is NO_BODY:
            return
        for way, content in (("json", b'{"half":'), ("array", b"[]"), ("text", b'"text"')):
            ask = replace(self._ask, body=NO_BODY, content=content)
            yield self.refusal(f"unreadable:{way}", ask, malformed)
        text = replace(self._ask, headers={"content-type": "text/plain"})
        yield self.refusal("unreadable:media type", text, Expected(415))

    def _malformed_message(self) -> str | None:
        """Only the tracker has one for what cannot be read."""
        return TRACKER_MESSAGES["INVALID_FORMAT"] if self._dialect == "tracker" else None

    def faults(self) -> Iterator[Refusal]:
        body = self._ask.body
        if not isinstance(body, dict) or not body:
            return
        invalid = lambda names: self._as("invalid", fields=frozenset(names), has_faults=True)  # noqa: E731
        required = {
            name
            for name in _required(self._operation.rules) & set(body)
            if (self._operation.id, name) not in _NOT_REQUIRED
        }
        if required:
            yield self.refusal("faults:all missing", replace(self._ask, body={}), invalid(required))
            for name in sorted(required):
                without = {key: value for key, value in body.items() if key != name}
                ask = replace(self._ask, body=without)
                yield self.refusal(f"faults:{name} missing", ask, invalid({name}))
                ask = replace(self._ask, body={**body, name: None})
                yield self.refusal(f"faults:{name} null", ask, invalid({name}))
        texts = [
            name
            for name in required
            if isinstance(body[name], str) and (self._operation.id, name) not in _WRONG_IF_EMPTY
        ]
        if texts:
            empty = replace(self._ask, body={**body, **dict.fromkeys(texts, "")})
            yield self.refusal("faults:all empty", empty, invalid(texts))
        # Of secrets a blank may be a part.
        names = [name for name in texts if not re.search("password|token", name)]
        if names:
            blank = replace(self._ask, body={**body, **dict.fromkeys(names, "  ")})
            yield self.refusal("faults:all blank", blank, invalid(names))
        wrong = {name: _wrong_value(value) for name, value in body.items()}
        yield self.refusal("faults:all types", replace(self._ask, body=wrong), invalid(body))
        for name, value in wrong.items():
            ask = replace(self._ask, body={**body, name: value})
            yield self.refusal(f"faults:type of {name}", ask, invalid({name}))

    def parameters(self) -> Iterator[Refusal]:
        names = {parameter["name"] for parameter in self._operation.query_params}
        example = self._operation.response_example
        is_list = self._operation.method == "GET" and (
            bool(names) or isinstance((example or {}).get("data"), list)
        )
        if not is_list:
            return
        faulty = [({"bogus": "1"}, "bogus"), ({"filter": "x", "page": "1"}, "filter")]
        for sort in names & {"sort_by", "sortBy"}:
            faulty.append(({sort: "bogus"}, sort))
        for order in names & {"sort_order", "sortOrder"}:
            faulty.append(({order: "upwards"}, order))
        for size in names & {"page", "per_page", "limit"}:
            faulty += [({size: value}, size) for value in ("0", "-1", "many", "1.5", "")]
        if "cursor" in names:
            faulty += [({"cursor": value}, "cursor") for value in ("garbage", "~garbage")]
        if "limit" in names:
            faulty.append(({"limit": "101"}, "limit"))
        if "per_page" in names and self._dialect == "tracker":
            faulty.append(({"per_page": "101"}, "per_page"))
        for query, field in faulty:
            expected = self._as("invalid", fields=frozenset({field}), has_faults=True)
            way = f"parameter:{'&'.join(f'{name}={value}' for name, value in query.items())}"
            yield self.refusal(way, replace(self._ask, query=query), expected)

    def paths(self) -> Iterator[Refusal]:
        expected = replace(self._as("absent"), code=self._absent_code())
        for way, path in (
            ("below", f"{self._url}/nothing/here/at-all"),
            ("beside", f"/{self._operation.profile}/nothing-here"),
            ("not UTF-8", f"{self._url.rpartition('/')[0]}/%FF"),
        ):
            ask = replace(self._ask, body=NO_BODY)
            yield self.refusal(f"path:{way}", ask, expected, path=path)

    def _absent_code(self) -> str | None:
        """Of what is no user, order or payment the commerce document names no code."""
        return None if self._dialect == "commerce" else self._words["absent"][1]

    def methods(self, served: frozenset[str]) -> Iterator[Refusal]:
        for method in METHODS:
            if method not in served:
                ask = replace(self._ask, body=NO_BODY)
                yield self.refusal(f"method:{method}", ask, Expected(405), method=method)

    def at_the_root(self) -> Iterator[Refusal]:
        """By the version in Accept, and where both documents have the path."""
        path, ask = self._operation.path, replace(self._ask, token=None, body=NO_BODY)
        anonymous, absent = self._words["anonymous"], self._words["absent"]
        if self._dialect == "tracker":
            by_version = replace(ask, headers={"accept": TRACKER_MEDIA})
            yield self.refusal(
                "version:unknown path", by_version, self._as("absent"), path=f"{path}/nothing/here"
            )
            if self._operation.needs_token:
                yield self.refusal(
                    "version:anonymous", by_version, self._as("anonymous"), path=path
                )
        if self._dialect == "tracker" and self._operation.shares_with & _SNAKE:
            where = {"dialect": "union", "path": path}
            yield self.refusal("root:method", ask, Expected(405), **where | {"method": "PATCH"})
            nowhere = where | {"path": f"{path}/nothing/here"}
            yield self.refusal("root:path", ask, Expected(*absent), **nowhere)
            if self._operation.needs_token:
                yield self.refusal("root:anonymous", ask, Expected(*anonymous), **where)


def _required(rules: tuple[str, ...]) -> set[str]:
    """The members that a rule such as ``email, username: required, unique`` calls required."""
    found: set[str] = set()
    for rule in rules:
        names, _, says = rule.partition(":")
        if says and re.search(r"\brequired\b", says):
            found |= {name.strip() for name in names.split(",")}
        elif not says and rule.endswith(" required"):
            found |= {name.strip() for name in rule.removesuffix(" required").split(",")}
    return found


def _wrong_value(value: Any) -> Any:
    """Of another JSON type than any text, number, list or object that it might stand for."""
    return "text" if isinstance(value, dict | list | bool) else {"of": "another type"}
