"""What schemathesis loads: who calls, and which refusals no schema could have foretold.

It runs in a process of its own (``fuzzing.py``), which gives the address of the server and the
caller in its environment.
"""

import os
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx
import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData

from tests.support.trellis_server import LOG_IN
from trellis.schema.inputs import is_storable

SERVER = os.environ["FUZZED_SERVER"]
CALLERS = os.environ.get("FUZZING_CALLERS", "").split()
PASSWORD = os.environ.get("FUZZING_PASSWORD")


class Session:
    """The caller's access token; a new one once a request may have ended it.

    An account that was deleted or locked is followed by the next one with the same rights.
    """

    def __init__(self) -> None:
        self._token: str | None = None
        self._callers = list(CALLERS)

    def token(self) -> str:
        while self._token is None:
            self._token = _log_in(self._callers[0])
            if self._token is None:
                del self._callers[0]
        return self._token

    def after(self, case: Case, response: Response) -> None:
        """Whoever signs out, ends sessions or changes an account may have ended the token."""
        is_about_accounts = "/auth/" in case.path or "/user" in case.path
        if case.method != "GET" and is_about_accounts and response.status_code < 300:
            self._token = None


def _log_in(email: str) -> str | None:
    body = {"query": LOG_IN, "variables": {"email": email, "password": PASSWORD}}
    answer = httpx.post(f"{SERVER}/graphql", json=body, timeout=30).json()
    login = answer["data"]["login"]
    return login and login["accessToken"]


session = Session()

if CALLERS:

    @schemathesis.auth(refresh_interval=None, retry_on=[])
    class Caller:
        """Sends the caller's token wherever the document asks for one."""

        def get(self, _case: Case, _context: AuthContext) -> str:
            return session.token()

        def set(self, case: Case, data: str, _context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    session.after(case, response)


class Unforeseen(NamedTuple):
    """What a request that fits its schema may be refused for all the same."""

    why: str
    messages: str

    def explains(self, problem: dict[str, Any]) -> bool:
        return re.search(self.messages, str(problem.get("message"))) is not None


UNFORESEEN = (
    Unforeseen("how far a list can be paged depends on two parameters", "must not be beyond"),
    Unforeseen(
        "who is there",
        "Only a member of the project|There is no such user|for whom you may order",
    ),
    Unforeseen(
        "what is there",
        "There is no such|does not exist|is not an id of|must be lessons of the course"
        "|is not a product that is for sale|must be a message of the same channel"
        "|must be an image that you have uploaded|position must be between",
    ),
    Unforeseen("each project has words of its own", "must be one of:"),
    Unforeseen("the names of time zones", "must be a (name|time zone) such as"),
    Unforeseen(
        "members of input objects have types, but no rules",
        "must be a tag such as|(conditions|validators)\\.[0-9]+\\.parameters must be a JSON object",
    ),
    Unforeseen("one date against another", "must not lie before|may have [0-9]+ days at most"),
    Unforeseen("JSON Schema has no bounds for dates", "must lie between [0-9-]+ and [0-9-]+"),
    Unforeseen("which tokens the payment provider made", "is not one of the payment provider"),
    Unforeseen("which events there were", "This is not an eventId"),
    Unforeseen("one subject or another", "is attached to one task, issue or comment at once"),
    Unforeseen("the check digit of a card", "is not the number of a card"),
    Unforeseen("words that are all different", "needs 1 to [0-9]+ different words"),
    Unforeseen(
        "secrets", "not valid \\(any more\\)|invalid or has expired|password is wrong|code is wrong"
    ),
    Unforeseen("names that are reserved", "is a reserved word"),
    Unforeseen("one member or another", "Give either email or username|Give password to begin"),
    Unforeseen(
        "what a type of message or of card needs",
        "for messages of type|cardNumber is missing|Either a token or a card",
    ),
    Unforeseen("two different people", "needs another person"),
    Unforeseen(
        "what a status can be changed to",
        "must be CONFIRMED or CANCELLED|is needed to confirm an order",
    ),
    Unforeseen("what is installed", "Leave the version out"),
    Unforeseen("consent", "acceptedTerms must be true"),
    Unforeseen("what the caller is", "You cannot"),
    Unforeseen("whether a task belongs to a project", "A personal task has no"),
    Unforeseen(
        "states and transitions that fit together", "of the states must be|to another state"
    ),
    Unforeseen("names that are all different", "must not have the same twice"),
    Unforeseen("each rule has parameters of its own", "needs the parameter|has no parameter"),
    Unforeseen("the star is every state", "means every state"),
    Unforeseen(
        "the past, and what is after what", "must be in the past|must be after|in the future"
    ),
    Unforeseen("how long it was", "24 hours long at most"),
    Unforeseen("currencies of the world", "code of ISO 4217|currency needs an"),
    Unforeseen("two decimals", "with two decimals at most"),
    Unforeseen("cursors are opaque", "cursor"),
    Unforeseen("lists are paged in one way at a time", "cannot be paged that way"),
    Unforeseen("what is in a file", "The file is (empty|not what)|Files of the type"),
    Unforeseen("what time it is", "must be in the future"),
    Unforeseen(
        "what belongs to what", "does not belong to the project|a comment on the same subject"
    ),
    Unforeseen("what somebody else has changed", "If-Match names nothing that is here"),
    Unforeseen("links are signed", "The link is not valid"),
)

# Texts are trimmed, and stored as text: what is left may be too short, or hold no characters. How
# long lists must be is told by no document.
_OF_TEXTS = "must not be empty|needs at least|characters that are not text|is required"


def is_foreseeable(problem: dict[str, Any], case: Case) -> bool:
    """Whether the document could have told that this would be refused."""
    if re.search(_OF_TEXTS, str(problem.get("message"))):
        sent = [case.body, case.query]
        return not any(map(_loses_characters, _texts(sent))) and not _has_empty_list(sent)
    return not any(one.explains(problem) for one in UNFORESEEN)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _has_empty_list(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_empty_list, value.values()))
    return isinstance(value, list) and (not value or any(map(_has_empty_list, value)))


def _loses_characters(text: str) -> bool:
    return text != text.strip() or not text or not is_storable(text)


@schemathesis.hook
def map_headers(context: HookContext, headers: dict[str, Any] | None) -> dict[str, Any] | None:
    """An entity tag that is made up is never there: any is asked for instead, so that something is
    changed, too. A header that no document has may have the name of a known one in small letters,
    which is the same for a server and has no schema: it is left out."""
    if headers is None:
        return None
    if "If-Match" in headers:
        headers["If-Match"] = "*"
    return {name: value for name, value in headers.items() if name != "idempotency-key"}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Keeps a failure unless it is a refusal of what no schema can tell. In OpenAPI 3.1 the schema
    of a stream of events is that of all its text, here it is taken for that of each event. A URL
    that is too long is refused, too, although 414 is not in schemathesis' list of refusals."""
    if failure.title == "SSE event violates schema":
        return False
    if (
        isinstance(failure, AcceptedNegativeData)
        and response.status_code == HTTPStatus.REQUEST_URI_TOO_LONG
    ):
        return False
    if not isinstance(failure, RejectedPositiveData):
        return True
    body = response.json()
    error = body.get("error")
    told = error if isinstance(error, dict) else body
    details = told.get("details") or told.get("errors")
    if isinstance(details, dict) and "reason" in details:
        told = {"message": details["reason"]}
    problems = details if isinstance(details, list) else [told]
    return any(is_foreseeable(problem, case) for problem in problems)
