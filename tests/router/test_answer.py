"""Answers as bytes: ready ones as they are, all others as JSON."""

import json

from trellis.router.answer import Answer


def test_ready_bytes_are_used_as_they_are() -> None:
    assert Answer(data={"a": 1}, body=b'{"data": {"a": 1}}').to_bytes() == b'{"data": {"a": 1}}'


def test_ready_bytes_are_not_used_beside_errors_or_extensions() -> None:
    error = {"message": "m"}

    assert Answer(data={"a": 1}, body=b"{}", errors=[error]).to_bytes() == (
        b'{"errors":[{"message":"m"}],"data":{"a":1}}'
    )
    assert Answer(data={"a": 1}, body=b"{}", extensions={"e": 1}).to_bytes() == (
        b'{"data":{"a":1},"extensions":{"e":1}}'
    )


def test_a_refused_operation_has_no_data_member() -> None:
    assert Answer(errors=[{"message": "m"}], executed=False).to_dict() == {
        "errors": [{"message": "m"}]
    }


def test_large_integers_and_lone_surrogates_are_written_exactly() -> None:
    data = {"n": 2**70, "s": "\ud800"}

    assert json.loads(Answer(data=data).to_bytes()) == {"data": data}
