"""Only a media type says that an answer is a GraphQL response."""

import time

import pytest

from trellis.router.transports.content_type import is_graphql_response


@pytest.mark.parametrize(
    "header",
    [
        "application/graphql-response+json",
        "application/graphql-response+json; charset=utf-8",
        "application/graphql-response+json;charset=UTF-8",
        'Application/GraphQL-Response+JSON ; charset="utf-8" ; a=b',
        ' application/graphql-response+json\t; x="a;b,\\"c"',
        "application/graphql-response+json;",
        "application/graphql-response+json; ; charset=utf-8",
    ],
)
def test_the_media_type_counts_whatever_its_case_and_parameters(header: str) -> None:
    assert is_graphql_response(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "application/json",
        "application/json; profile=application/graphql-response+json",
        'text/html; x="application/graphql-response+json"',
        "application/graphql-response+jsonx",
        "xapplication/graphql-response+json",
        "application/graphql-response",
        "application/graphql-response+json, text/html",
        "application/graphql-response+json charset=utf-8",
        "application / graphql-response+json",
        'application/graphql-response+json; x="open',
        "graphql-response+json",
    ],
)
def test_another_media_type_or_none_says_nothing(header: str) -> None:
    assert not is_graphql_response(header)


@pytest.mark.parametrize("repeated", ["; ", ";a=b ", ';a="\\"', "; \t", 'a="b";'])
def test_a_hostile_header_costs_no_time(repeated: str) -> None:
    header = "application/graphql-response+json" + repeated * 20_000 + "\x00"
    started = time.process_time()

    assert not is_graphql_response(header)

    assert time.process_time() - started < 1
