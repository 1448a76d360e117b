"""What a multipart body gives to the variables of a route, and which parts are refused."""

import pytest

from tests.router.rest.library import BARE, SNAKE, route
from trellis.router.rest.profile import Profile, RequestInvalid
from trellis.router.rest.request_reader import RequestReader
from trellis.router.web.multipart import Multipart, TextPart

REFRESH = """
mutation Refresh($token: String!)
@rest(method: POST, path: "/api/refresh", accepts: [MULTIPART]) {
  refresh(token: $token) { __typename }
}
"""


def read(profile: Profile, *parts: tuple[str, str]) -> dict[str, object]:
    reader = RequestReader(route(REFRESH, profile=profile))
    texts = [TextPart(name, text) for name, text in parts]
    return reader.read({}, b"", [], parts=Multipart(texts=texts))[0]


def problems(profile: Profile, *parts: tuple[str, str]) -> set[str]:
    with pytest.raises(RequestInvalid) as refused:
        read(profile, *parts)
    return {problem.field for problem in refused.value.problems}


def test_a_part_that_nobody_reads_may_come_twice():
    assert read(SNAKE, ("other", "1"), ("token", "a"), ("other", "2")) == {"token": "a"}


def test_a_part_that_is_read_may_not_come_twice():
    assert problems(SNAKE, ("token", "a"), ("token", "b")) == {"token"}


def test_an_unknown_part_is_refused_where_unknown_members_are():
    assert problems(BARE, ("token", "a"), ("other", "1")) == {"other"}
