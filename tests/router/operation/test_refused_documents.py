"""Documents that are refused again and again are read once, and leave next to nothing."""

import pytest
from graphql import DocumentNode, build_schema

from trellis.router.errors import OperationRefused
from trellis.router.operation.limits import OperationLimits
from trellis.router.operation.normalize import Normalizer
from trellis.router.operation.reader import OperationReader
from trellis.router.operation.validate import Validator

SCHEMA = build_schema("type Query { a(b: Int): Int }")


class CountingValidator(Validator):
    """``checks`` is how often a document was validated."""

    checks = 0

    def check(self, document: DocumentNode, text: str | None = None) -> None:
        self.checks += 1
        super().check(document, text)


@pytest.fixture
def validator() -> CountingValidator:
    return CountingValidator(SCHEMA)


@pytest.fixture
def reader(validator: CountingValidator) -> OperationReader:
    return OperationReader(SCHEMA, OperationLimits(), validator, Normalizer(SCHEMA))


def refusal(reader: OperationReader, document: str) -> OperationRefused:
    with pytest.raises(OperationRefused) as caught:
        reader.parse(document)
    return caught.value


@pytest.mark.parametrize("document", ["{ nothing }", "{", "{ a }" * 60])
def test_the_same_errors_come_again_without_another_look(
    document: str, reader: OperationReader, validator: CountingValidator
):
    first, again = refusal(reader, document), refusal(reader, document)
    assert (again.errors, again.status) == (first.errors, first.status)
    assert again is not first
    assert validator.checks <= 1


def test_what_is_kept_of_refused_documents_is_bounded(reader: OperationReader):
    for number in range(2_000):
        refusal(reader, f"{{ nothing(of: {number}) }}")
    assert reader._refused.weight <= reader._refused.capacity == 500_000
    assert not len(reader._documents)
