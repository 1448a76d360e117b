"""Links: who made them, how long they hold, and what ends them."""

import base64
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subgraphs.files.asking import DELETE, ENG, FILE, content_of, upload
from tests.support.subgraphs import Running, caller
from trellis.schema.errors import NotFound
from trellis.subgraphs.files.models import ProjectMember
from trellis.subgraphs.files.settings import FileSettings
from trellis.subgraphs.files.tickets import Signer, Ticket, Variant, link_to, signer_of

ALAN, BARBARA = caller("alan"), caller("barbara")
SIGNER = Signer(("k" * 32,))
TICKET = Ticket(UUID(int=1), Variant.ORIGINAL, ALAN, 4_000_000_000)


def test_a_ticket_says_what_it_was_made_of():
    read = SIGNER.read(SIGNER.sign(TICKET))

    assert (read.file_id, read.variant, read.expires_at) == (UUID(int=1), "o", 4_000_000_000)
    assert (read.asker.id, read.asker.tenant_id) == (ALAN.id, ALAN.tenant_id)
    assert read.asker.scopes == read.asker.roles == frozenset()


def test_a_ticket_of_an_older_key_is_read_and_one_of_another_is_not():
    text = SIGNER.sign(TICKET)

    assert Signer(("n" * 32, "k" * 32)).read(text).file_id == UUID(int=1)
    with pytest.raises(NotFound):
        Signer(("n" * 32,)).read(text)


def test_a_ticket_ends():
    with pytest.raises(NotFound):
        SIGNER.read(SIGNER.sign(replace(TICKET, expires_at=1_700_000_000)))


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=80))
def test_no_text_is_a_ticket_that_was_not_signed(text: str):
    with pytest.raises(NotFound):
        SIGNER.read(text)


def test_nothing_of_a_ticket_can_be_changed():
    body, _, signature = SIGNER.sign(TICKET).partition(".")
    facts = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    for name, value in (("f", UUID(int=2).hex), ("u", "0" * 32), ("a", 2), ("e", 5_000_000_000)):
        forged = base64.urlsafe_b64encode(orjson.dumps({**facts, name: value})).rstrip(b"=")
        with pytest.raises(NotFound):
            SIGNER.read(f"{forged.decode()}.{signature}")


async def test_a_link_holds_for_the_time_that_is_set_and_is_the_same_meanwhile(
    files: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TRELLIS_FILES_LINK_SECONDS", "60")
    monkeypatch.setenv("TRELLIS_PUBLIC_URL", "https://files.example/")
    storage, now = files.context().storage, [1_800_000_000.0]
    monkeypatch.setattr("trellis.subgraphs.files.tickets.time.time", lambda: now[0])
    made = []
    for seconds in (1, 300, 301):
        now[0] = 1_800_000_000.0 + seconds
        made.append(link_to(storage, UUID(int=1), Variant.ORIGINAL, ALAN))

    assert made[0].startswith("https://files.example/content/files/")
    assert made[0] == made[1] != made[2]
    now[0] = 1_800_000_359.0
    ticket = signer_of(storage).read(made[0].rpartition("/")[2])
    assert ticket.expires_at == 1_800_000_360
    now[0] = 1_800_000_360.0
    with pytest.raises(NotFound):
        signer_of(storage).read(made[0].rpartition("/")[2])


async def test_a_link_ends_with_its_file(files: Running):
    file = await upload(files, ALAN)
    await files.ask(DELETE, ALAN, id=file["id"])

    with pytest.raises(NotFound):
        await content_of(files, file["url"])


async def test_a_link_ends_when_its_asker_sees_the_file_no_longer(files: Running):
    file = await upload(files, ALAN, projectId=ENG)
    link = (await files.ask(FILE, BARBARA, id=file["id"]))["file"]["url"]
    assert await content_of(files, link) == b"hello"

    async with files.context().storage.begin() as uow:
        member = await uow.session.get_one(ProjectMember, (UUID(ENG), BARBARA.id))
        await uow.session.delete(member)

    with pytest.raises(NotFound):
        await content_of(files, link)
    assert await content_of(files, file["url"]) == b"hello"


async def test_there_is_no_thumbnail_where_there_is_none(files: Running):
    file = await upload(files, ALAN)
    link = link_to(files.context().storage, UUID(file["id"]), Variant.THUMBNAIL, ALAN)

    with pytest.raises(NotFound):
        await content_of(files, link)


@pytest.mark.parametrize("given", ["0", "-5", "soon", "9999999"])
def test_a_time_that_makes_no_sense_is_no_setting(given: str):
    with pytest.raises(ValueError, match="TRELLIS_FILES_LINK_SECONDS"):
        FileSettings.from_environment({"TRELLIS_FILES_LINK_SECONDS": given})


async def test_the_key_is_kept_for_its_owner_alone(files: Running, tmp_path: Path):
    await upload(files, ALAN)

    assert (tmp_path / "files_key").stat().st_mode & 0o777 == 0o600
