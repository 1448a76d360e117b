"""The address in the List-Unsubscribe header, as mail programs post to it (RFC 8058)."""

import shutil
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.notifications.telling import Telling, issue_assigned, user
from tests.support.shared import ROOT
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.router import Subgraph as Member
from trellis.router import Supergraph, compose
from trellis.router.config import Config
from trellis.router.identity.credentials import Credentials
from trellis.router.rest.routes import RestService, rest_routes
from trellis.router.serving.live_graph import LiveGraph
from trellis.router.serving.wiring import nothing_here, wrap
from trellis.router.transports.local import LocalTransport
from trellis.router.web.request_context import ContextMaker
from trellis.router.web.services import Services
from trellis.schema.identity import ANONYMOUS, Identity
from trellis.subgraphs.chat.graph import make_subgraph as make_chat
from trellis.subgraphs.notifications.models import Channel, NotificationKind, Preference
from trellis.subgraphs.notifications.posting import post_letters
from trellis.subgraphs.notifications.settings import NoticeSettings

SETTINGS = NoticeSettings(public_url="https://trellis.example")
FORM = "application/x-www-form-urlencoded"
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
def data_settings(tmp_path: Path) -> DataSettings:
    return DataSettings(data_dir=tmp_path / "data")


def client(notices: Telling, folder: Path) -> httpx.AsyncClient:
    """The routes about notifications."""

    async def authenticate(_credentials: Credentials) -> Identity:
        return ANONYMOUS

    part = notices.subgraph.subgraph
    # Beside chat, which says what a channel is, and is not asked here.
    parts = [part, make_chat()]
    sdl = compose([Member(one.name, "", one.schema.as_str()) for one in parts]).supergraph_sdl
    graph = Supergraph.load(sdl, transports={one.name: LocalTransport(one) for one in parts})
    area = Path("rest") / "pm" / "notifications"
    shutil.copytree(ROOT / "persisted_queries" / area, folder / area)
    config = Config(operations_dir=folder)
    services = Services(
        graph=LiveGraph.over(graph),
        make_context=ContextMaker((), 60.0),
        authenticate=authenticate,
        limits=config.limits,
    )
    routes = rest_routes(config, graph)
    door = RestService(config).door(routes, graph, services, nothing_here)
    transport = httpx.ASGITransport(app=wrap(door, config))
    return httpx.AsyncClient(transport=transport, base_url="https://trellis.example")


async def link_of(notices: Telling) -> str:
    letters = Letters()
    await notices.happens(issue_assigned("edsger"), by="ada")
    later = utc_now().replace(year=utc_now().year + 1)
    await post_letters(notices.storage, letters, SETTINGS, later)
    [letter] = letters.sent
    return letter.headers["List-Unsubscribe"].strip("<>")


async def switched_off(notices: Telling) -> list[tuple[Channel, NotificationKind]]:
    mine = select(Preference).where(Preference.user_id == user("edsger"))
    async with notices.storage.read() as session:
        rows = await session.scalars(mine)
        return [(row.channel, row.kind) for row in rows if not row.is_enabled]


@pytest.mark.parametrize(
    ("kind", "body"), [(FORM, ONE_CLICK), ("multipart/form-data; boundary=x", MULTIPART)]
)
async def test_a_post_by_a_mail_program_is_enough(
    notices: Telling, tmp_path: Path, kind: str, body: bytes
):
    link = await link_of(notices)
    async with client(notices, tmp_path / "routes") as http:
        first = await http.post(link, content=body, headers={"content-type": kind})
        again = await http.post(link, content=body, headers={"content-type": kind})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["data"] == {"email": False}
    assert await switched_off(notices) == [(Channel.EMAIL, NotificationKind.ISSUE_ASSIGNED)]


async def test_who_only_looks_at_the_link_changes_nothing(notices: Telling, tmp_path: Path):
    """Programs that check links in letters get them."""
    link = await link_of(notices)
    async with client(notices, tmp_path / "routes") as http:
        looked = [await http.get(link), await http.head(link)]
        broken = await http.post(link[:-6], content=ONE_CLICK, headers={"content-type": FORM})

    assert [answer.status_code for answer in looked] == [405, 405]
    assert broken.status_code == 400
    assert await switched_off(notices) == []
