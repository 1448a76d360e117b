import pytest

from tests.support.composing import codes, load_one
from trellis.router.composition.link import LinkError, parse_feature_url, read_links
from trellis.router.composition.parse import parse_schema
from trellis.router.composition.specs import FEDERATION

TYPES = "\ntype Query { q: Int }"


def links_of(sdl: str):
    schema, _ = parse_schema("a", sdl + TYPES)
    links, errors = read_links(schema)
    assert errors == []
    return links


def link_codes(sdl: str) -> list[str]:
    schema, _ = parse_schema("a", sdl + TYPES)
    return [error.code for error in read_links(schema)[1]]


def test_without_a_link_nothing_is_linked():
    assert list(links_of("")) == []


def test_a_link_to_federation_makes_federation_2():
    links = links_of('extend schema @link(url: "https://specs.apollo.dev/federation/v2.7")')

    assert links.federation is not None
    assert links.federation.version == (2, 7)
    assert links.federation.local_name("@key") == "@federation__key"
    assert links.federation.local_name("FieldSet") == "federation__FieldSet"


def test_imports_and_as_decide_the_names():
    link = links_of(
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", as: "fed",'
        ' import: ["@key", {name: "@requires", as: "@needs"}, "FieldSet"])'
    ).federation

    assert link is not None
    assert link.local_name("@key") == "@key"
    assert link.local_name("@requires") == "@needs"
    assert link.local_name("@provides") == "@fed__provides"
    assert link.local_name("FieldSet") == "FieldSet"


def test_a_directive_named_like_its_feature_needs_no_prefix():
    links = links_of('extend schema @link(url: "https://specs.apollo.dev/cost/v0.1", as: "price")')
    cost = links.by_identity["https://specs.apollo.dev/cost"]

    assert cost.local_name("@cost") == "@price"
    assert cost.local_name("@listSize") == "@price__listSize"


def test_the_link_directive_itself_can_be_renamed():
    links = links_of(
        'extend schema @use(url: "https://specs.apollo.dev/link/v1.0", as: "use")'
        ' @use(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])'
        ' @link(url: "https://example.com/mine/v1.0")'
    )

    assert links.federation is not None
    assert links.federation.version == (2, 3)
    assert links.federation.local_name("@key") == "@key"
    assert links.by_identity["https://specs.apollo.dev/link"].local_name("@link") == "@use"
    # What is called @link now is somebody else's.
    assert sorted(links.by_identity) == [
        "https://specs.apollo.dev/federation",
        "https://specs.apollo.dev/link",
    ]


def test_core_is_the_older_link():
    links = links_of(
        'extend schema @core(feature: "https://specs.apollo.dev/core/v0.2")'
        ' @core(feature: "https://example.com/mine/v1.0")'
    )

    assert sorted(links.by_identity) == [
        "https://example.com/mine",
        "https://specs.apollo.dev/core",
    ]


def test_names_lead_back_to_their_feature():
    links = links_of(
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])'
        ' @link(url: "https://example.com/mine/v1.0", import: [{name: "@a", as: "@b"}])'
    )

    def source(local: str):
        found = links.source_of(local)
        return (found[0].feature, found[1]) if found else None

    assert source("@key") == ("federation", "@key")
    assert source("@federation__key") is None
    assert source("@federation__requires") == ("federation", "@requires")
    assert source("@b") == ("mine", "@a")
    assert source("@mine") == ("mine", "@mine")
    assert source("@other") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://specs.apollo.dev/federation/v2.11", (FEDERATION, "federation", (2, 11))),
        ("https://x.dev/a/b/v0.1", ("https://x.dev/a/b", "b", (0, 1))),
        ("https://x.dev/a/v1.0/", ("https://x.dev/a", "a", (1, 0))),
    ],
)
def test_a_feature_url_is_identity_and_version(url, expected):
    assert parse_feature_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://specs.apollo.dev",
        "https://specs.apollo.dev/",
        "https://specs.apollo.dev/federation",
        "https://specs.apollo.dev/federation/v2",
        "https://specs.apollo.dev/federation/2.0",
        "https://specs.apollo.dev/federation/v02.0",
        "https://specs.apollo.dev/v2.0",
        "federation/v2.0",
        "http://[broken/x/v1.0",
        "",
    ],
)
def test_other_urls_are_no_identifiers(url):
    with pytest.raises(LinkError) as raised:
        parse_feature_url(url)

    assert raised.value.code == "INVALID_LINK_IDENTIFIER"


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ('url: "https://specs.apollo.dev/federation/v2.99"', "UNKNOWN_FEDERATION_LINK_VERSION"),
        ('url: "https://specs.apollo.dev/federation/v3.0"', "UNKNOWN_FEDERATION_LINK_VERSION"),
        ('url: "https://specs.apollo.dev/link/v6.9"', "UNKNOWN_LINK_VERSION"),
        (
            'url: "https://specs.apollo.dev/federation/v2.9")'
            ' @link(url: "https://specs.apollo.dev/link/v6.9"',
            "INVALID_LINK_DIRECTIVE_USAGE",
        ),
        ('url: "https://specs.apollo.dev/tag/v0.3"', "INVALID_LINK_DIRECTIVE_USAGE"),
        (
            'url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost"])'
            ' @link(url: "https://specs.apollo.dev/cost/v0.1"',
            "INVALID_LINK_DIRECTIVE_USAGE",
        ),
        ('url: "https://specs.apollo.dev/inaccessible/v0.2"', "INVALID_LINK_DIRECTIVE_USAGE"),
        ("url: 1", "INVALID_LINK_DIRECTIVE_USAGE"),
        ('url: "https://x.dev/a/v1.0", as: "a-b"', "INVALID_LINK_DIRECTIVE_USAGE"),
        ('url: "https://x.dev/a/v1.0", import: [1]', "INVALID_LINK_DIRECTIVE_USAGE"),
        ('url: "https://x.dev/a/v1.0", import: [{as: "@b"}]', "INVALID_LINK_DIRECTIVE_USAGE"),
        (
            'url: "https://x.dev/a/v1.0", import: [{name: "@a", as: "b"}]',
            "INVALID_LINK_DIRECTIVE_USAGE",
        ),
        ('url: "https://x.dev/a/v1.0", import: ["@a", "@a"]', "INVALID_LINK_DIRECTIVE_USAGE"),
        ('url: "https://x.dev/a/v1.0", import: ["@"]', "INVALID_LINK_DIRECTIVE_USAGE"),
    ],
)
def test_a_link_that_cannot_be_used_is_refused(link, code):
    assert link_codes(f"extend schema @link({link})") == [code]


def test_elements_of_a_later_version_cannot_be_imported():
    sdl = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0",'
        ' import: ["@key", "@composeDirective", "@policy"])'
    )

    assert link_codes(sdl) == ["INVALID_LINK_DIRECTIVE_USAGE"] * 2


def test_a_feature_is_linked_once():
    sdl = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0")'
        ' @link(url: "https://specs.apollo.dev/federation/v2.1")'
    )

    assert link_codes(sdl) == ["INVALID_LINK_DIRECTIVE_USAGE"]


@pytest.mark.parametrize(
    "other",
    [
        '@link(url: "https://x.dev/one/v1.0", import: ["@key"])',
        '@link(url: "https://x.dev/one/v1.0", import: [{name: "@x", as: "@federation__x"}])',
        '@link(url: "https://x.dev/one/v1.0", import: [{name: "@x", as: "@link__x"}])',
        '@link(url: "https://x.dev/federation/v1.0")',
        '@link(url: "https://x.dev/link/v1.0")',
    ],
)
def test_two_features_cannot_have_one_name(other):
    sdl = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"]) '
        + other
    )

    assert link_codes(sdl) == ["INVALID_LINK_DIRECTIVE_USAGE"]


def test_renamed_directives_mean_what_they_were():
    subgraph = load_one(
        """
        extend schema @link(
          url: "https://specs.apollo.dev/federation/v2.3"
          as: "fed"
          import: [{name: "@key", as: "@identity"}]
        )
        type Query { t: T }
        type T @identity(fields: "id") { id: ID! @fed__shareable }
        """
    )

    definition = subgraph.schema.types["T"]
    assert [key.fields for key in subgraph.keys(definition)] == ["id"]
    assert subgraph.has(definition.fields["id"], "shareable")
    assert subgraph.federation_name("key") == "identity"
    assert subgraph.federation_name("shareable") == "fed__shareable"


def test_an_own_directive_is_not_taken_for_federations():
    subgraph = load_one(
        """
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.3")
        directive @key(name: String) on OBJECT
        type Query { t: T }
        type T @key(name: "x") @federation__key(fields: "id") { id: ID! }
        """
    )

    definition = subgraph.schema.types["T"]
    assert [key.fields for key in subgraph.keys(definition)] == ["id"]
    assert [applied.feature for applied in definition.applied] == [None, FEDERATION]


def test_features_of_others_need_their_definitions():
    link = 'extend schema @link(url: "https://x.dev/max/v1.0", import: ["@max"])'

    assert codes(link + "type Query { q: Int @max }") == ["INVALID_GRAPHQL"]
    assert codes(link + "directive @max on FIELD_DEFINITION type Query { q: Int @max }") == []
