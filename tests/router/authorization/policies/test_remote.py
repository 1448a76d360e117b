"""Policies in another process: how they are asked there, and what of an answer is believed."""

from typing import Any

import orjson
import pytest

from tests.support.office import ADA
from trellis.router.authorization.policies.remote import RemotePolicies
from trellis.router.transports.internal import InternalResponse
from trellis.schema.errors import Unavailable
from trellis.schema.request import RequestContext

LIST = {"version": "v1", "policies": [{"name": "owner:project", "needs": {"Project": "ownerName"}}]}


class Process:
    """The other side. Says yes to objects with an even number, or what ``answer`` is."""

    def __init__(self, answer: Any = None, status: int = 200) -> None:
        self.questions: list[Any] = []
        self.answer = answer
        self.status = status

    async def get(self, path: str) -> InternalResponse:
        return InternalResponse(200, LIST)

    async def post(self, path: str, payload: Any) -> InternalResponse:
        assert path == "/internal/policies"
        self.questions.append(orjson.loads(orjson.dumps(payload)))
        if self.status != 200:
            return InternalResponse(self.status)
        if self.answer is not None:
            return InternalResponse(200, self.answer)
        verdicts = [one["number"] % 2 == 0 for one in payload["objects"]]
        return InternalResponse(200, {"answer": verdicts})

    async def aclose(self) -> None:
        return None


async def policies_over(process: Process) -> RemotePolicies:
    policies = RemotePolicies("office", process)
    await policies.declared()
    return policies


def objects(count: int, length: int) -> list[dict[str, Any]]:
    return [
        {"__typename": "Project", "number": number, "text": "x" * length} for number in range(count)
    ]


async def judge(process: Process, asked: list[dict[str, Any]]) -> Any:
    policies = await policies_over(process)
    return await policies.judge("owner:project", RequestContext(ADA), asked)


async def test_one_question_asks_about_many_objects():
    process = Process()
    assert await judge(process, objects(1000, 10)) == [True, False] * 500
    (question,) = process.questions
    assert (question["policy"], question["version"]) == ("owner:project", "v1")
    assert question["caller"]["username"] == "ada"
    assert len(question["objects"]) == 1000


async def test_more_objects_than_a_body_may_hold_are_asked_about_in_several_questions():
    process, asked = Process(), objects(2001, 2000)
    assert await judge(process, asked) == [number % 2 == 0 for number in range(2001)]
    assert len(process.questions) == 5
    assert max(len(orjson.dumps(one)) for one in process.questions) < 1_010_000
    assert [one for question in process.questions for one in question["objects"]] == asked


async def test_as_much_as_fits_is_asked_in_one_question():
    ten = objects(10, 1)
    alone = len(orjson.dumps(ten[0])) + 1
    padding = 1_000_000 - 10 * alone
    exact = [*ten[:-1], {**ten[-1], "text": "x" * (padding + 1)}]
    process = Process()
    await judge(process, exact)
    assert [len(one["objects"]) for one in process.questions] == [10]
    process = Process()
    await judge(process, [*ten[:-1], {**ten[-1], "text": "x" * (padding + 2)}])
    assert [len(one["objects"]) for one in process.questions] == [9, 1]


async def test_an_object_larger_than_all_that_fits_is_asked_about_alone():
    process = Process()
    asked = [*objects(2, 1), {"__typename": "Project", "number": 2, "text": "x" * 1_500_000}]
    assert await judge(process, asked) == [True, False, True]
    assert [len(one["objects"]) for one in process.questions] == [2, 1]


async def test_answers_of_wrong_lengths_are_never_put_together():
    process = Process()
    right = process.post

    async def one_too_many_then_one_too_few(path: str, payload: Any) -> InternalResponse:
        answer = (await right(path, payload)).value["answer"]
        answer = [*answer, True] if len(process.questions) == 1 else answer[:-1]
        return InternalResponse(200, {"answer": answer})

    process.post = one_too_many_then_one_too_few  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await judge(process, objects(1000, 2000))


@pytest.mark.parametrize("answer", [{}, {"answer": None}])
async def test_no_answer_is_none(answer: Any):
    assert await judge(Process(answer), objects(1, 1)) is None


@pytest.mark.parametrize("answer", [[True], "yes", 1])
async def test_what_is_no_answer_at_all_is_an_error(answer: Any):
    with pytest.raises(Unavailable):
        await judge(Process(answer), objects(1, 1))


async def test_whoever_has_other_policies_by_now_is_asked_for_its_list_again():
    process = Process(status=404)
    policies = await policies_over(process)
    assert policies.is_outdated is False
    with pytest.raises(Unavailable):
        await policies.holds("auditor", RequestContext(ADA))
    assert policies.is_outdated is True
    await policies.declared()
    assert policies.is_outdated is False
