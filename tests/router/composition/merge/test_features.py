from trellis.router.composition.compose import compose
from trellis.router.composition.subgraph import Subgraph

FEDERATION = "https://specs.apollo.dev/federation"


def subgraph(name: str, imports: str, applied: str, version: str = "2.9") -> Subgraph:
    return Subgraph(
        name,
        f"http://{name}",
        f'extend schema @link(url: "{FEDERATION}/v{version}", import: [{imports}])\n'
        f"type Query {{ {name}: Int {applied} }}",
    )


def links_of(*subgraphs: Subgraph) -> list[str]:
    composition = compose(subgraphs)
    assert composition.errors == ()
    head = composition.supergraph_sdl.partition("{\n")[0]
    return [line.strip() for line in head.splitlines()[3:]]


def test_features_in_use_are_linked_for_their_purpose():
    assert links_of(
        subgraph("a", '"@tag", "@inaccessible"', '@tag(name: "t")'),
        subgraph("b", '"@inaccessible", "@authenticated"', "@inaccessible @authenticated"),
    ) == [
        '@link(url: "https://specs.apollo.dev/tag/v0.3")',
        '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)',
        '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)',
    ]


def test_what_is_only_imported_is_not_linked():
    assert links_of(subgraph("a", '"@tag"', "")) == []


def test_a_feature_of_two_directives_imports_what_is_not_called_like_it():
    assert links_of(
        subgraph("a", '"@cost"', "@cost(weight: 2)"),
        Subgraph(
            "b",
            "http://b",
            f'extend schema @link(url: "{FEDERATION}/v2.9", import: ["@listSize"])\n'
            "type Query { b: [Int] @listSize(assumedSize: 2) }",
        ),
    ) == ['@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])']


def test_another_name_is_imported():
    label = '{name: "@tag", as: "@label"}'

    assert links_of(subgraph("a", label, '@label(name: "t")')) == [
        '@link(url: "https://specs.apollo.dev/tag/v0.3", import: [{name: "@tag", as: "@label"}])'
    ]


def test_a_directive_has_one_name():
    composition = compose(
        [
            subgraph("a", '{name: "@tag", as: "@label"}', '@label(name: "t")'),
            subgraph("b", '"@tag"', '@tag(name: "t")'),
        ]
    )

    assert [error.code for error in composition.errors] == ["LINK_IMPORT_NAME_MISMATCH"]


def join_of(*versions: str) -> str:
    subgraphs = [subgraph(n, "", "", v) for n, v in zip("ab", versions, strict=False)]
    return compose(subgraphs).supergraph_sdl.partition("join/")[2].partition('"')[0]


def test_the_join_version_follows_the_highest_federation_version():
    assert join_of("2.0", "2.6") == "v0.3"
    assert join_of("2.7") == "v0.4"
    assert join_of("2.3", "2.8") == "v0.5"


def test_a_newer_feature_lifts_the_version():
    cost = Subgraph(
        "a",
        "http://a",
        f'extend schema @link(url: "{FEDERATION}/v2.5") '
        '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost"])\n'
        "type Query { a: Int @cost(weight: 1) }",
    )
    composition = compose([cost])

    assert "join/v0.5" in composition.supergraph_sdl
    assert [h.code for h in composition.hints] == ["IMPLICITLY_UPGRADED_FEDERATION_VERSION"]
