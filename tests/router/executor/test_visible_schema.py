"""Which schema a caller sees, and what operations ask about it."""

from graphql import build_schema

from trellis.router.executor.visible_schema import VisibleSchema
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.normalize import Normalizer
from trellis.router.operation.reader import OperationReader, ValidRequest
from trellis.router.operation.request import GraphQLRequest
from trellis.router.operation.validate import Validator
from trellis.schema.identity import ANONYMOUS

SCHEMA = build_schema("type Query { a: Int }")
DOCUMENT = '{ t: __type(name: "Query") { name } a }'


def read(document: str) -> ValidRequest:
    validator = Validator(SCHEMA, introspection=True, suggestions=True, is_strict=True)
    reader = OperationReader(SCHEMA, GENEROUS, validator, Normalizer(SCHEMA))
    return reader.read(GraphQLRequest(document))


def test_without_rules_everybody_sees_all_of_it():
    assert VisibleSchema(SCHEMA).to(ANONYMOUS) is SCHEMA


def test_an_operation_that_asks_nothing_about_the_schema_gets_no_answers():
    assert VisibleSchema(SCHEMA).answer(read("{ a }"), ANONYMOUS) == {}


def test_equal_operations_share_their_answers():
    visible, asked = VisibleSchema(SCHEMA), read(DOCUMENT)
    first = visible.answer(asked, ANONYMOUS)
    assert list(first.values()) == [{"name": "Query"}]
    assert visible.answer(asked, ANONYMOUS) is first


def test_answers_that_belong_to_their_callers_are_copies():
    visible, asked = VisibleSchema(SCHEMA, copies=True), read(DOCUMENT)
    first = visible.answer(asked, ANONYMOUS)
    for answer in first.values():
        answer["name"] = "changed"
    assert list(visible.answer(asked, ANONYMOUS).values()) == [{"name": "Query"}]
