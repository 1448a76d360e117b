"""Planning: subgraphs and a query in, the plan out, one line per step.

A line reads: number, subgraph, ``<`` the steps it waits for, ``@`` where its objects are with the
representation sent, and the operation.
"""

import pytest

from tests.support.planning import federated_graph, plan_lines, sound_plan
from trellis.router.errors import PlanningError
from trellis.router.planner.plan import PathSegment
from trellis.router.planner.planner import SPARING_SIZE


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
        '3 users <2 mutation {rename_1: rename(name: "x") {id} logout}',
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


def test_shared_objects_are_put_together_below_mutations_and_subscriptions() -> None:
    graph = federated_graph(
        a="""
            type Query { q: E } type Mutation { m: E } type Subscription { n: E }
            type E @key(fields: "id") { id: ID! d: D @shareable } type D { x: Int }
        """,
        b='type E @key(fields: "id") { id: ID! d: D @shareable } type D { y: Int }',
        c='type Mutation { c: E } type E @key(fields: "id") { id: ID! }',
    )
    hop = "1 b <0 @{} E(id) {{... on E {{d {{y}}}}}}"

    assert plan_lines(graph, "mutation { m { d { x y } } }") == [
        "0 a mutation {m {d {x} id}}",
        hop.format("m"),
    ]
    assert plan_lines(graph, "subscription { n { d { x y } } }") == [
        "0 a subscription {n {d {x} id}}",
        hop.format("n"),
    ]
    assert plan_lines(graph, "mutation { c { d { x y } } }") == [
        "0 c mutation {c {id}}",
        "1 a <0 @c E(id) {... on E {d {x}}}",
        "2 b <0 @c E(id) {... on E {d {y}}}",
    ]


def test_a_root_field_with_an_effect_is_asked_once() -> None:
    part = """type Query { q: Int @shareable }
        type Mutation { m: D @shareable } type D { x: Int @shareable }"""
    graph = federated_graph(a=part, b=part)

    assert plan_lines(graph, "mutation { m { x } }") == ["0 a mutation {m {x}}"]


UNEVEN = {
    "a": """
        type Query { a: Box } type Box @key(fields: "id") { id: ID! w: Wrap @shareable }
        type Wrap @shareable { all: [Any!]! } union Any = Both | OnlyA
        type Both @shareable { t: Int } type OnlyA { a: Int }
    """,
    "b": """
        type Query { b: Box }
        type Box @key(fields: "id") { id: ID! w: Wrap @shareable own: Wrap }
        type Wrap @shareable { all: [Any!]! } union Any = Both | OnlyB
        type Both @shareable { t: Int } type OnlyB { b: Int }
    """,
}


def test_nothing_is_asked_of_members_that_some_subgraph_does_not_have_there() -> None:
    graph = federated_graph(**UNEVEN)
    asked = "all { ... on Both { t } ... on OnlyA { a } ... on OnlyB { b } }"

    assert plan_lines(graph, f"{{ a {{ w {{ {asked} }} }} }}") == [
        "0 a {a {w {all {__typename ... on Both {t}}}}}"
    ]
    assert plan_lines(graph, f"{{ b {{ w {{ {asked} }} }} }}") == [
        "0 b {b {w {all {__typename ... on Both {t}}}}}"
    ]


def test_members_of_a_field_that_one_subgraph_has_are_all_asked() -> None:
    graph = federated_graph(**UNEVEN)

    assert plan_lines(graph, "{ b { own { all { ... on OnlyB { b } ... on OnlyA { a } } } } }") == [
        "0 b {b {own {all {__typename ... on OnlyB {b}}}}}"
    ]


UNTRUSTED = {
    "a": """
        type Query { node: Node @shareable } interface Node { id: ID! }
        type User implements Node @key(fields: "id") { id: ID! name: String }
        type Chat implements Node @key(fields: "id") { id: ID! @external by: User }
    """,
    "b": """
        type Query { node: Node @shareable } interface Node { id: ID! }
        type User implements Node @key(fields: "id") { id: ID! @external chats: [Chat] }
        type Chat implements Node @key(fields: "id") { id: ID! text: String }
    """,
}


def test_a_field_of_an_interface_needs_a_subgraph_that_has_it_for_all_types() -> None:
    graph = federated_graph(**UNTRUSTED)

    with pytest.raises(PlanningError, match="node"):
        sound_plan(graph, "{ node { id } }")
    assert plan_lines(graph, "{ node { ... on User { id name } } }") == [
        "0 a {node {__typename ... on User {id name}}}"
    ]


def test_each_interface_object_of_a_subgraph_is_entered_by_its_own_key() -> None:
    graph = federated_graph(
        a="""
            type Query { things: [Named] one: Film }
            interface Named @key(fields: "id") { id: ID! }
            interface Priced @key(fields: "id") { id: ID! }
            type Film implements Named & Priced @key(fields: "id") { id: ID! length: Int }
            type Hall implements Named @key(fields: "id") { id: ID! }
        """,
        b="""
            type Query { prices: [Priced] }
            type Named @key(fields: "id") @interfaceObject { id: ID! name: String }
            type Priced @key(fields: "id") @interfaceObject { id: ID! cents: Int }
        """,
    )

    assert plan_lines(graph, "{ one { name cents length } }") == [
        "0 a {one {id length}}",
        "1 b <0 @one Named(id), one Priced(id) {_e0: _entities(representations: $r0)"
        " @include(if: $c0) {... on Named {name}} _e1: _entities(representations: $r1)"
        " @include(if: $c1) {... on Priced {cents}}",
    ]
    assert plan_lines(graph, "{ prices { cents ... on Named { name } } }") == [
        "0 b {prices {cents id}}",
        "1 b <0 @prices Named(id) {... on Named {name}}",
    ]


NOBODY_IMPLEMENTS = {
    "a": 'type Query { a: Node other: Int } interface Node @key(fields: "id") { id: ID! }',
    "b": """
        type Query { b: Node }
        type Node @key(fields: "id", resolvable: false) @interfaceObject { id: ID! field: Int }
    """,
}


def test_an_interface_object_is_asked_for_what_its_own_subgraph_has() -> None:
    graph = federated_graph(**NOBODY_IMPLEMENTS)

    assert plan_lines(graph, "{ b { id field } }") == ["0 b {b {id field}}"]
    assert plan_lines(graph, "{ a { id } }") == ["0 a {a {id}}"]


def test_where_nobody_can_resolve_a_field_there_must_be_no_object() -> None:
    plan = sound_plan(federated_graph(**NOBODY_IMPLEMENTS), "{ other a { field } }")

    assert [step.operation for step in plan.steps] == ["{other a {__typename}}"]
    assert plan.absent == ((PathSegment("a"),),)


def test_leaves_are_asked_of_subgraphs_that_are_needed_anyway() -> None:
    def part(fields: str) -> str:
        return f'type Query {{ node: N @shareable }} type N @key(fields: "id") {{ {fields} }}'

    graph = federated_graph(
        s0=part("id: ID! f4: Int f5: Int @shareable n2: N @shareable"),
        s1=part("id: ID! f0: Int @shareable f5: Int @shareable"),
        s5=part("id: ID! f0: Int @shareable f3: Int n2: N @shareable"),
    )

    assert plan_lines(graph, "{ node { f5 n2 { f4 f3 } f0 } }") == [
        "0 s0 {node {f5 n2 {f4}}}",
        "1 s5 {node {n2 {f3} f0}}",
    ]


def test_what_is_asked_on_an_interface_goes_where_the_answer_looks_for_it() -> None:
    """Another subgraph knows another type that has the field with another type, so that the two
    have keys of their own: the object of a Two is read by the key of Two."""
    graph = federated_graph(
        a="""
            type Query { two: Thing } interface Thing { in: Box! }
            type Two implements Thing { in: Box! @shareable } type Box { x: Int @shareable }
        """,
        b="""
            interface Thing { in: Box } type One implements Thing { in: Box }
            type Two { in: Box! @shareable } type Box { x: Int @shareable }
            type Query { one: One }
        """,
    )
    plan = sound_plan(graph, "{ two { in { x } } }")

    (step,) = plan.steps
    selection = plan.output.fields[0].selection
    assert selection is not None
    read = {name: f.source for f in selection.fields for name in f.types or ()}
    assert read == {"One": "in_1", "Two": "in"}
    assert step.operation == "{two {__typename in {x}}}"


def test_fields_whose_types_differ_from_the_interfaces_are_asked_apart() -> None:
    """One request must not have a field both on the interface and below a type condition when it
    is non-null only there (GraphQL specification, "Field Selection Merging")."""
    graph = federated_graph(
        a="""
            type Query { one: Thing } interface Thing { in: [Box] }
            type One implements Thing { in: [Box]! } type Box { x: Int y: Int }
        """,
    )

    assert plan_lines(graph, "{ one { in { x } ... on One { more: in { y } } } }") == [
        "0 a {one {__typename ... on One {in {x y}}}}"
    ]


def test_fields_agree_on_a_subgraph_that_each_alone_would_not_choose() -> None:
    node = 'type Query { node: Node @shareable } type Node @key(fields: "id") @shareable { id: ID! '
    graph = federated_graph(
        a=node + "f2: Int f3: Int n2: Node }",
        b=node + "f1: Int f2: Int f3: Int n0: Node n1: Node n2: Node }",
        c=node + "f0: Int f1: Int f2: Int n0: Node n2: Node }",
        d=node + "f0: Int n2: Node }",
    )

    assert plan_lines(graph, "{ node { f0 f3 n2 { f3 f1 n0 { f0 } } n0 { n0 { f3 } } } }") == [
        "0 c {node {f0 n2 {n0 {f0}}}}",
        "1 b {node {f3 n2 {f3 f1} n0 {n0 {f3}}}}",
    ]


def test_of_two_keys_the_one_that_is_never_null_represents_an_object() -> None:
    graph = federated_graph(
        a="""
            type Query { all: [E] }
            type E @key(fields: "id") @key(fields: "code") { id: ID! code: String }
        """,
        b="""
            type E @key(fields: "id") @key(fields: "code") { id: ID! code: String size: Int }
        """,
    )

    assert plan_lines(graph, "{ all { size } }") == [
        "0 a {all {id}}",
        "1 b <0 @all E(id) {... on E {size}}",
    ]


def test_of_enclosing_objects_that_set_a_context_the_nearest_does() -> None:
    graph = federated_graph(
        a="""
            type Query { outer: Box }
            type Box @key(fields: "id") @context(name: "box") {
              id: ID! label: String inner: Box item: Item }
            type Item @key(fields: "id") {
              id: ID! price(in: String @fromContext(field: "$box { label }")): Int }
        """
    )

    plan = sound_plan(graph, "{ outer { inner { item { price } } } }")

    assert plan.steps[0].operation == "{outer {inner {label item {id}}}}"
    (context,) = plan.steps[1].entities[0].targets[0].contexts
    assert context.depth == 2


def test_a_mutation_field_is_run_where_most_of_its_answer_comes_from() -> None:
    """Each runs once, whoever could run it too."""
    graph = federated_graph(
        a="""
            type Query { q: Int } type Mutation { make: Item @shareable }
            type Item @key(fields: "id") { id: ID! }
        """,
        b="""
            type Mutation { make: Item @shareable other: Int }
            type Item @key(fields: "id") { id: ID! size: Int }
        """,
    )

    assert plan_lines(graph, "mutation { make { size } }") == ["0 b mutation {make {size}}"]
    assert plan_lines(graph, "mutation { make { id } other }") == [
        "0 a mutation {make {id}}",
        "1 b <0 mutation {other}",
    ]
    assert plan_lines(graph, "mutation { other make { id } }") == ["0 b mutation {other make {id}}"]


def test_an_operation_of_many_selection_sets_is_planned_as_a_small_one_is() -> None:
    graph = federated_graph(
        a='type Query { items: [Item] } type Item @key(fields: "id") { id: ID! }',
        b='type Item @key(fields: "id") { id: ID! part: Part } type Part { size(n: Int): Int }',
    )
    parts = [f"p{n}: part {{ size(n: {n}) }}" for n in range(SPARING_SIZE + 10)]

    many = plan_lines(graph, "{ items { " + " ".join(parts) + " } }")

    assert [line.split(" {")[0] for line in many] == ["0 a", "1 b <0 @items Item(id)"]
    assert all(f"size(n: {n})" in many[1] for n in range(SPARING_SIZE + 10))
