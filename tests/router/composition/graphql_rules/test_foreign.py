"""Elements that a link names and nobody defines."""

import pytest

from tests.support.composing import load

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) '
CONNECT = LINK + (
    '@link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect", "Http"]) '
)


def messages(sdl: str) -> list[str]:
    return [error.message for error in load(sdl)[1]]


@pytest.mark.parametrize(
    ("sdl", "told"),
    [
        (
            "type Query { q: Int @connect(source: 1) }",
            '[a] Unknown directive "@connect" on Query.q. It is @connect',
        ),
        (
            "type Query { q: Int @connect__source }",
            '[a] Unknown directive "@connect__source" on Query.q. It is @source',
        ),
        ("type Query { q(a: Http): Int }", '[a] Unknown type "Http" of "Query.q(a:)". It is Http'),
        (
            "type Query { q(a: connect__Http2): Int }",
            '[a] Unknown type "connect__Http2" of "Query.q(a:)". It is Http2',
        ),
    ],
)
def test_the_feature_of_an_undefined_element_is_named(sdl, told):
    (message,) = messages(CONNECT + sdl)

    assert message.startswith(
        f'{told} of the linked feature "https://specs.apollo.dev/connect/v0.1", which composition'
        " does not know: add the definition of "
    )
    assert message.endswith(" to this schema, or remove the @link and what uses it.")


def test_a_known_feature_without_the_element_is_named():
    assert messages(LINK + "type Query { q: Int @federation__shared }") == [
        '[a] Unknown directive "@federation__shared" on Query.q.'
        ' "https://specs.apollo.dev/federation/v2.9" does not define @shared: correct the name or'
        " the version."
    ]


def test_a_directive_of_no_feature_is_just_unknown():
    assert messages(CONNECT + "type Query { q: Int @other }") == [
        '[a] Unknown directive "@other" on Query.q. Define it or correct the name.'
    ]
