"""What somebody may keep is exact, whoever else uploads at the same moment."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.subgraphs.files.asking import DELETE, answer, png, refused, stored, upload
from tests.support.subgraphs import Running, caller
from tests.support.uploads import uploaded
from trellis.schema.uploads import UploadedFile
from trellis.subgraphs.files import queries
from trellis.subgraphs.files.settings import FileSettings
from trellis.subgraphs.files.use_cases import upload as use_case
from trellis.subgraphs.files.use_cases.upkeep import delete_bytes

ALAN, BARBARA = caller("alan"), caller("barbara")
SIZE, FITTING, WRITERS = 1_000, 7, 50


@pytest.fixture(autouse=True)
def quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TRELLIS_FILES_QUOTAS",
        f"free={SIZE * FITTING + 999},basic=20000,pro=30000,enterprise=40000",
    )


async def used(files: Running) -> int:
    async with files.context().storage.read() as session:
        assert ALAN.id is not None
        return await queries.bytes_of(session, ALAN.id)


@pytest.fixture
async def empty(files: Running) -> Running:
    """The demo files of the uploader count for nothing here."""
    assert await used(files) == 0
    return files


async def test_of_parallel_uploads_as_many_are_kept_as_fit(empty: Running):
    before = await stored(empty)

    results = await asyncio.gather(*(answer(empty, ALAN, b"x" * SIZE) for _ in range(WRITERS)))

    codes = [result.errors[0].extensions["code"] for result in results if result.errors]
    assert codes == ["ENTITLEMENT_REQUIRED"] * (WRITERS - FITTING)
    assert await used(empty) == SIZE * FITTING
    assert len(await stored(empty)) == len(before) + FITTING


async def test_a_refusal_says_what_there_is_and_leaves_nothing(empty: Running):
    await upload(empty, ALAN, b"x" * SIZE * FITTING)

    refusal = await refused(empty, ALAN, b"y" * SIZE)

    assert refusal == {
        "code": "ENTITLEMENT_REQUIRED",
        "reason": "QUOTA",
        "limit": SIZE * FITTING + 999,
        "used": SIZE * FITTING,
    }
    assert await used(empty) == SIZE * FITTING
    await upload(empty, BARBARA, b"y" * SIZE)  # everybody has their own


async def test_no_thumbnail_is_made_of_an_image_that_does_not_fit(
    empty: Running, monkeypatch: pytest.MonkeyPatch
):
    """Making one takes a process and seconds, which refused uploads must not cost."""
    made = list[str]()

    async def note(_file: UploadedFile, mime_type: str) -> bytes | None:
        made.append(mime_type)
        return None

    monkeypatch.setattr(use_case, "thumbnail_of", note)
    await upload(empty, ALAN, b"x" * SIZE * FITTING)
    made.clear()
    padded = png(30, 30) + b"\0" * SIZE
    result = await answer(empty, ALAN, padded, "a.png", "image/png")
    assert result.errors[0].extensions["code"] == "ENTITLEMENT_REQUIRED"
    assert made == []


async def test_what_was_deleted_counts_no_more(empty: Running):
    file = await upload(empty, ALAN, b"x" * SIZE * FITTING)

    await empty.ask(DELETE, ALAN, id=file["id"])

    assert await used(empty) == 0
    await upload(empty, ALAN, b"y" * SIZE * FITTING)


async def test_a_thumbnail_counts_for_nobody(empty: Running):
    data = png(300, 300)
    await upload(empty, ALAN, data, "a.png", "image/png")

    assert await used(empty) == len(data)


async def test_more_can_be_kept_with_a_better_subscription(empty: Running):
    pro = replace(ALAN, tier="pro")
    await upload(empty, pro, b"x" * 29_000)

    assert (await refused(empty, pro, b"x" * 2_000))["limit"] == 30_000
    assert (await refused(empty, replace(ALAN, tier="unheard of"), b"x"))["limit"] == 7_999


async def test_bytes_that_never_came_to_a_file_are_given_back(
    empty: Running, monkeypatch: pytest.MonkeyPatch
):
    class Killed(BaseException):
        """Nothing of ours catches it, as nothing runs after a kill."""

    async def killed(*_args: object) -> None:
        raise Killed

    monkeypatch.setattr(use_case, "_put", killed)
    with pytest.raises(Killed):
        await use_case.upload_file(empty.context(ALAN), uploaded(b"12345"), use_case.Placement())
    assert await used(empty) == 5

    assert await delete_bytes(empty.context().storage) == 0  # its writer may be slow
    assert await delete_bytes(empty.context().storage, abandoned=timedelta(0)) == 1
    assert await used(empty) == 0


@pytest.mark.parametrize("given", ["free=1", "free=1,basic=2,pro=3,enterprise=many", "nonsense"])
def test_quotas_that_make_no_sense_are_no_settings(given: str):
    with pytest.raises(ValueError, match="TRELLIS_FILES_QUOTAS"):
        FileSettings.from_environment({"TRELLIS_FILES_QUOTAS": given})
