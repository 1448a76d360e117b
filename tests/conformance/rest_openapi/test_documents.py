"""The OpenAPI documents are valid, and so is every example in them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.conformance.rest_openapi.fuzzing import DOCUMENTS, documents


def read(name: str) -> dict[str, Any]:
    return json.loads((DOCUMENTS / f"{name}.json").read_text("utf-8"))


def examples(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(place, schema, example) of media types and of schemas."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from examples(item, f"{path}/{index}")
    elif isinstance(value, dict):
        if "example" in value and "schema" in value:
            yield path, value["schema"], value["example"]
        if isinstance(value.get("examples"), list):
            for example in value["examples"]:
                yield path, value, example
        for name, inner in value.items():
            if name not in ("example", "examples", "default"):
                yield from examples(inner, f"{path}/{name}")


@pytest.mark.parametrize("name", documents())
def test_a_document_is_valid(name: str):
    assert [str(error) for error in OpenAPIV31SpecValidator(read(name)).iter_errors()] == []


@pytest.mark.parametrize("name", documents())
def test_every_example_fits_its_schema(name: str):
    document = read(name)
    wrong = []
    count = 0
    for path, schema, example in examples(document):
        count += 1
        whole = {**schema, "components": document["components"]}
        validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        wrong += [f"{path}: {error.message}" for error in validator.iter_errors(example)]
    assert wrong == []
    assert count >= len(document["paths"])


def test_the_schemas_of_learn_are_those_of_its_document():
    """Document 004 describes them in its OpenAPI components."""
    told = read("learn")["components"]["schemas"]
    message = told["Message"]["properties"]
    members = {"id", "channelId", "user", "content", "type", "createdAt", "reactions"}
    assert set(message) == members
    for name in ("User", "Course", "Message", "Execution"):
        assert told[name]["properties"]["id"] == {"type": "string", "format": "uuid"}
