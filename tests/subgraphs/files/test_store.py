"""The stores do the same: a local folder, and one that speaks S3."""

import os
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.subgraphs.files.asking import content_of, png, stored, upload
from tests.subgraphs.files.conftest import BESIDE
from tests.support.subgraphs import caller, running
from tests.support.templates import SeededCopies
from trellis.db.settings import DataSettings
from trellis.subgraphs.files import store as stores
from trellis.subgraphs.files.errors import StoreUnavailable
from trellis.subgraphs.files.graph import make_subgraph
from trellis.subgraphs.files.store import ByteStore, LocalFolder
from trellis.subgraphs.files.use_cases.upkeep import delete_bytes

LARGE = os.urandom(1_000_000) * 12  # of several parts


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """A bucket of a server of this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("AWS_ACCESS_KEY_ID", "id")
        environ.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        environ.setenv("AWS_REGION", "eu-west-1")
        client = boto3.client("s3", endpoint_url=endpoint, region_name="eu-west-1")
        client.create_bucket(
            Bucket="trellis", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        client.close()
        yield f"s3://trellis/of/tests?endpoint={endpoint}"
    server.stop()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ByteStore:
    if request.param == "local":
        return LocalFolder(tmp_path / "bytes")
    return stores._open(request.getfixturevalue("s3_url"))


async def pieces_of(data: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(data), 700_000):
        yield data[start : start + 700_000]


async def read(store: ByteStore, key: str, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in store.read(key, start, end)])


@pytest.mark.parametrize("data", [b"x", LARGE], ids=["small", "large"])
async def test_bytes_come_back_whole_and_in_part_until_they_are_deleted(
    store: ByteStore, data: bytes
):
    await store.put("ab/abc", pieces_of(data))

    assert await read(store, "ab/abc", 0, len(data)) == data
    middle = len(data) // 2
    assert await read(store, "ab/abc", middle, len(data)) == data[middle:]
    assert await store.keys() == ["ab/abc"]

    await store.delete("ab/abc")
    assert await store.keys() == []
    await store.delete("ab/abc")  # nothing to do


async def test_what_breaks_off_is_not_there(store: ByteStore):
    async def half() -> AsyncGenerator[bytes]:
        yield LARGE
        raise ConnectionError

    with pytest.raises((StoreUnavailable, ConnectionError)):
        await store.put("ab/abd", half())

    assert "ab/abd" not in await store.keys()
    await store.delete("ab/abd")
    assert await store.keys() == []


async def test_what_is_not_there_cannot_be_read(store: ByteStore):
    with pytest.raises(StoreUnavailable):
        await read(store, "no/ne", 0, 5)


async def test_a_store_that_is_away_says_so():
    away = stores._open("s3://trellis?endpoint=http://127.0.0.1:9")

    with pytest.raises(StoreUnavailable):
        await away.put("ab/abc", pieces_of(b"x"))


def test_the_folder_is_for_its_owner_alone(tmp_path: Path):
    LocalFolder(tmp_path / "bytes")

    assert (tmp_path / "bytes").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("url", ["ftp://host/x", "file://host/x", "s3:///x", "bytes"])
def test_other_urls_are_no_stores(url: str):
    with pytest.raises(ValueError, match="TRELLIS_FILES_URL"):
        stores._open(url)


async def test_files_are_kept_in_s3_as_in_a_folder(
    s3_url: str, seeded: SeededCopies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = await seeded.copy_to(DataSettings(data_dir=tmp_path))
    monkeypatch.setenv("TRELLIS_FILES_URL", s3_url)
    async with running(make_subgraph, settings, BESIDE, fresh=False) as files:
        demo = await stored(files)  # the bytes of the demo files were written there
        file = await upload(files, caller("alan"), png(300, 300), "a.png", "image/png")
        assert len(await stored(files)) == len(demo) + 2
        assert await content_of(files, file["url"]) == png(300, 300)
        await files.ask(
            "mutation($id: ID!) { deleteFile(id: $id) { deletedFileId } }",
            caller("alan"),
            id=file["id"],
        )
        await delete_bytes(files.context().storage)
        assert await stored(files) == demo
