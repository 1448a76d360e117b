"""Planning: subgraphs and a query in, the plan out, one line per step.

A line reads: number, subgraph, ``<`` the steps it waits for, ``@`` where its objects are with the
representation sent, and the operation.
"""

import pytest

from tests.support.planning import federated_graph, plan_lines, sound_plan


@pytest.fixture(scope="module")
def shop():
    return federated_graph(
        products="""
            type Query { top: [Product!] product(id: ID!): Product }
            type Product @key(fields: "id") { id: ID! name: String price: Int weight: Int }
        """,
        stock="""
            type Product @key(fields: "id") {
              id: ID! price: Int @external weight: Int @external inStock: Boolean
              shipping(zone: Int): Int @requires(fields: "price weight")
            }
        """,
        reviews="""
            type Query { newest: Review }
            type Mutation { review(id: ID!): Review }
            type Product @key(fields: "id") { id: ID! reviews(first: Int): [Review!] }
            type Review @key(fields: "id") { id: ID! body: String product: Product author: User }
            type User @key(fields: "id") { id: ID! reviews: [Review!] }
        """,
        users="""
            type Query { me: User }
            type Mutation { rename(name: String): User logout: Boolean }
            type User @key(fields: "id") { id: ID! name: String }
        """,
    )


def test_one_subgraph_is_asked_the_query_as_it_is(shop) -> None:
    assert plan_lines(shop, "{ top { label: name __typename } }") == ["0 products {top {name}}"]


def test_a_position_without_fetched_fields_is_asked_for_its_typename(shop) -> None:
    assert plan_lines(shop, "{ top { __typename } }") == ["0 products {top {__typename}}"]


def test_fields_of_another_subgraph_are_reached_by_key(shop) -> None:
    document = (
        "query ($n: Int = 3, $id: ID!) { product(id: $id) { name reviews(first: $n) { id } } }"
    )

    assert plan_lines(shop, document, {"id": "1"}) == [
        "0 products query($id: ID!) {product(id: $id) {name id}}",
        "1 reviews <0 @product Product(id) {... on Product {reviews(first: $n) {id}}}",
    ]
    steps = sound_plan(shop, document).steps
    assert steps[1].variables == ("n",)
    assert steps[1].operation.startswith("query($representations: [_Any!]!, $n: Int = 3) ")


def test_required_fields_travel_in_the_representation(shop) -> None:
    assert plan_lines(shop, "{ top { inStock shipping(zone: 1) } }") == [
        "0 products {top {id price weight}}",
        "1 stock <0 @top Product(id price weight) {... on Product {inStock shipping(zone: 1)}}",
    ]


def test_a_fetch_nobody_waits_for_joins_a_later_one_to_its_subgraph(shop) -> None:
    assert plan_lines(shop, "{ newest { product { inStock shipping } } }") == [
        "0 reviews {newest {product {id}}}",
        "1 products <0 @newest.product Product(id) {... on Product {price weight}}",
        "2 stock <1 @newest.product Product(id price weight) {... on Product {inStock shipping}}",
    ]


def test_positions_of_one_type_share_a_request(shop) -> None:
    assert plan_lines(
        shop, "{ me { reviews { product { name } author { name } } } top { id } }"
    ) == [
        "0 users {me {id}}",
        "1 products {top {id}}",
        "2 reviews <0 @me User(id) {... on User {reviews {product {id} author {id}}}}",
        "3 products <2 @me.reviews.product Product(id) {... on Product {name}}",
        "4 users <2 @me.reviews.author User(id) {... on User {name}}",
    ]


def test_different_selections_of_one_subgraph_share_a_request_by_aliases(shop) -> None:
    plan = sound_plan(shop, "{ me { reviews { id } } top { reviews { body } } }")

    assert [step.service for step in plan.steps] == ["users", "products", "reviews"]
    assert plan.steps[2].operation == (
        "query($r0: [_Any!]!, $c0: Boolean!, $r1: [_Any!]!, $c1: Boolean!) {"
        "_e0: _entities(representations: $r0) @include(if: $c0)"
        " {... on User {reviews {id}}}"
        " _e1: _entities(representations: $r1) @include(if: $c1)"
        " {... on Product {reviews {body}}}}"
    )


def test_own_variables_never_meet_the_clients(shop) -> None:
    plan = sound_plan(
        shop, "query ($representations: Int) { top { reviews(first: $representations) { id } } }"
    )

    assert plan.steps[1].operation.startswith(
        "query($_representations: [_Any!]!, $representations: Int) "
    )
    assert plan.steps[1].entities[0].variable == "_representations"


def test_one_field_with_two_arguments_has_two_internal_keys(shop) -> None:
    assert plan_lines(
        shop, "{ top { a: reviews(first: 1) { id } b: reviews(first: 2) { id } } }"
    ) == [
        "0 products {top {id}}",
        "1 reviews <0 @top Product(id)"
        " {... on Product {reviews(first: 1) {id} reviews_1: reviews(first: 2) {id}}}",
    ]


def test_mutation_fields_run_one_after_another(shop) -> None:
    document = """mutation {
        a: rename(name: "x") { name } review(id: 1) { author { name } }
        b: rename(name: "x") { id } logout }"""

    assert plan_lines(shop, document) == [
        '0 users mutation {rename(name: "x") {name}}',
        "1 reviews <0 mutation {review(id: 1) {author {id}}}",
        "2 users <1 @review.author User(id) {... on User {name}}",
        '3 users <1 mutation {rename_1: rename(name: "x") {id} logout}',
    ]


def test_equal_mutation_fields_happen_as_often_as_they_are_asked(shop) -> None:
    assert plan_lines(
        shop, 'mutation { a: rename(name: "x") { id } b: rename(name: "x") { id } }'
    ) == ['0 users mutation {rename(name: "x") {id} rename_1: rename(name: "x") {id}}']


def test_conditions_that_are_off_cost_nothing(shop) -> None:
    document = "query ($on: Boolean!) { top { name reviews @include(if: $on) { id } } }"

    assert plan_lines(shop, document, {"on": False}) == ["0 products {top {name}}"]


def test_provided_fields_are_read_on_their_path_only() -> None:
    graph = federated_graph(
        a="""
            type Query { near: Item @provides(fields: "name") far: Item }
            type Item @key(fields: "id") { id: ID! name: String @external }
        """,
        b='type Item @key(fields: "id") { id: ID! name: String @shareable size: Int }',
    )

    assert plan_lines(graph, "{ near { name } far { name } }") == [
        "0 a {near {name} far {id}}",
        "1 b <0 @far Item(id) {... on Item {name}}",
    ]


@pytest.fixture(scope="module")
def library():
    return federated_graph(
        a="""
            type Query { nodes: [Node] any: [Hit] }
            interface Node { id: ID! }
            union Hit = Book | Film
            type Book implements Node @key(fields: "id") { id: ID! pages: Int }
            type Film implements Node @key(fields: "id") { id: ID! length: Int }
        """,
        b="""
            interface Node { id: ID! title: String }
            type Book implements Node @key(fields: "id") { id: ID! title: String! }
            type Film implements Node @key(fields: "id") { id: ID! title: String }
        """,
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ nodes { id } }", ["0 a {nodes {id}}"]),
        (
            "{ nodes { id ... on Book { pages } } }",
            ["0 a {nodes {__typename id ... on Book {pages}}}"],
        ),
        (
            "{ any { ... on Book { pages title } ... on Film { length } } }",
            [
                "0 a {any {__typename ... on Book {pages id} ... on Film {length}}}",
                "1 b <0 @any Book(id) {... on Book {title}}",
            ],
        ),
        (
            # Book.title and Film.title differ in b: one response key would be refused there.
            "{ nodes { title } }",
            [
                "0 a {nodes {__typename id}}",
                "1 b <0 @nodes Book|Film(id) {... on Book {title} ... on Film {title_1: title}}",
            ],
        ),
    ],
)
def test_abstract_positions_are_asked_on_the_interface_or_by_type(
    library, document: str, expected: list[str]
) -> None:
    assert plan_lines(library, document) == expected


def test_the_answer_reads_each_types_own_key(library) -> None:
    plan = sound_plan(library, "{ nodes { title } }")
    nodes = plan.output.fields[0].selection

    assert nodes is not None
    assert [(f.key, f.source, sorted(f.types or ())) for f in nodes.fields] == [
        ("title", "title", ["Book"]),
        ("title", "title_1", ["Film"]),
    ]


@pytest.fixture(scope="module")
def media():
    return federated_graph(
        a="""
            type Query { media: [Media] }
            interface Media @key(fields: "id") { id: ID! title: String }
            type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
            type Film implements Media @key(fields: "id") { id: ID! title: String }
        """,
        b="""
            type Query { best: Media }
            type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }
        """,
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            "{ media { title stars } }",
            [
                "0 a {media {__typename title id}}",
                "1 b <0 @media Media(id) {... on Media {stars}}",
            ],
        ),
        ("{ best { id stars } }", ["0 b {best {id stars}}"]),
        (
            "{ best { stars title } }",
            ["0 b {best {stars id}}", "1 a <0 @best Media(id) {... on Media {title}}"],
        ),
        (
            "{ best { __typename stars ... on Book { pages } } }",
            [
                "0 b {best {stars id}}",
                "1 a <0 @best Media(id) {... on Media {__typename ... on Book {pages}}}",
            ],
        ),
    ],
)
def test_interface_objects_lead_to_the_interface_and_back(
    media, document: str, expected: list[str]
) -> None:
    assert plan_lines(media, document) == expected


def test_an_interface_object_among_the_members_is_told_by_its_interface() -> None:
    graph = federated_graph(
        a="""
            type Query { media: [Media] }
            interface Node { id: ID! }
            interface Media implements Node @key(fields: "id") { id: ID! title: String }
            type Book implements Media & Node @key(fields: "id") { id: ID! title: String }
            type Film implements Media & Node @key(fields: "id") { id: ID! title: String }
        """,
        b="""
            type Query { nodes: [Node] }
            interface Node { id: ID! }
            type Media implements Node @key(fields: "id") @interfaceObject { id: ID! stars: Int }
        """,
    )

    assert plan_lines(graph, "{ nodes { id } }") == ["0 b {nodes {id}}"]
    assert plan_lines(graph, "{ nodes { __typename ... on Film { stars } } }") == [
        "0 b {nodes {__typename id ... on Media {__typename stars}}}",
        "1 a <0 @nodes Media(id) {... on Media {__typename}}",
    ]


def test_an_override_follows_its_label() -> None:
    graph = federated_graph(
        a='type Query { item: Item } type Item @key(fields: "id") { id: ID! size: Int }',
        b="""type Item @key(fields: "id") {
            id: ID! size: Int @override(from: "a", label: "percent(20)") }""",
    )

    assert plan_lines(graph, "{ item { size } }") == ["0 a {item {size}}"]
    assert plan_lines(graph, "{ item { size } }", labels=frozenset({"percent(20)"})) == [
        "0 a {item {id}}",
        "1 b <0 @item Item(id) {... on Item {size}}",
    ]


def test_keys_are_reached_through_other_keys() -> None:
    graph = federated_graph(
        a='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        b='type Item @key(fields: "id") @key(fields: "code") { id: ID! code: String! }',
        c="""
            type Item @key(fields: "code") { code: String! owner: Owner @shareable }
            type Owner @shareable { name: String }
        """,
        d="""
            type Item @key(fields: "code owner { name }") {
              code: String! owner: Owner @shareable deep: Int }
            type Owner @shareable { name: String }
        """,
    )

    assert plan_lines(graph, "{ item { deep } }") == [
        "0 a {item {id}}",
        "1 b <0 @item Item(id) {... on Item {code}}",
        "2 c <1 @item Item(code) {... on Item {owner {name}}}",
        "3 d <2 @item Item(code owner {name}) {... on Item {deep}}",
    ]


def test_a_shared_value_is_put_together_from_its_subgraphs() -> None:
    graph = federated_graph(
        a="""
            type Query { box: Box @shareable }
            type Box { size: Size @shareable x: Int } type Size { w: Int }
        """,
        b="""
            type Query { box: Box @shareable }
            type Box { size: Size @shareable y: Int } type Size { h: Int }
        """,
    )

    assert plan_lines(graph, "{ box { x } }") == ["0 a {box {x}}"]
    assert plan_lines(graph, "{ box { x y size { w h } } }") == [
        "0 a {box {x size {w}}}",
        "1 b {box {y size {h}}}",
    ]


def test_a_root_type_met_again_needs_no_key() -> None:
    graph = federated_graph(
        a="""
            type Query { x: Int }
            type Mutation { do: Done }
            type Done { query: Query ok: Boolean }
        """,
        b="type Query { y: Int }",
    )

    assert plan_lines(graph, "mutation { do { ok query { x y } } }") == [
        "0 a mutation {do {ok query {x}}}",
        "1 b <0 @do.query {y}",
    ]


def test_required_arguments_do_not_mix_with_the_clients() -> None:
    graph = federated_graph(
        a="""
            type Query { item: Item }
            type Item @key(fields: "id") { id: ID! price(in: String): Int }
        """,
        b="""
            type Item @key(fields: "id") {
              id: ID! price(in: String): Int @external
              tax: Int @requires(fields: "price(in: \\"EUR\\")") }
        """,
        c="""
            type Item @key(fields: "id") {
              id: ID! tax: Int @external total: Int @requires(fields: "tax") }
        """,
    )

    assert plan_lines(graph, '{ item { price(in: "USD") total } }') == [
        '0 a {item {price(in: "USD") id price_1: price(in: "EUR")}}',
        "1 b <0 @item Item(id price=price_1) {... on Item {tax}}",
        "2 c <1 @item Item(id tax) {... on Item {total}}",
    ]


def test_a_context_is_asked_of_the_enclosing_object() -> None:
    graph = federated_graph(
        a="""
            type Query { shop: Shop }
            type Shop @key(fields: "id") @context(name: "shop") {
              id: ID! locale: String items: [Item] }
            type Item @key(fields: "id") {
              id: ID! price(in: String @fromContext(field: "$shop { locale }")): Int }
        """,
        b='type Item @key(fields: "id") { id: ID! size: Int }',
    )

    plan = sound_plan(graph, "{ shop { items { price } } }")

    assert [step.operation for step in plan.steps] == [
        "{shop {locale items {id}}}",
        "query($representations: [_Any!]!, $context0: String) {_entities(representations:"
        " $representations) {... on Item {price(in: $context0)}}}",
    ]
    (context,) = plan.steps[1].entities[0].targets[0].contexts
    assert (context.variable, context.depth, context.source[0].source) == ("context0", 1, "locale")
