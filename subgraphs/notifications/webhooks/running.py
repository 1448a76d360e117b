"""What runs for webhooks while the subgraph runs, and what an installation may choose."""

from trellis.db.jobs import Job
from trellis.db.seed.world import demo_world
from trellis.db.storage import Storage
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.subgraph import Setting
from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.outbound import Outbound
from trellis.subgraphs.notifications.webhooks import listening, schedule, upkeep
from trellis.subgraphs.notifications.webhooks.models import WebhookIssue
from trellis.subgraphs.notifications.webhooks.schedule import Schedule
from trellis.subgraphs.notifications.webhooks.sealing import seal_everything, vault_of
from trellis.subgraphs.notifications.webhooks.worker import Worker

_BEGIN_AFTER_SECONDS = 0.5
_UPKEEP_SECONDS = 600.0
_FIRST_VERSION = 1


async def deliver(storage: Storage) -> None:
    """Send what is due, until it is cancelled."""
    vault, is_done = vault_of(storage), False
    while not is_done:
        async with storage.begin() as uow:
            is_done = await seal_everything(uow, vault)
    outbound = Outbound(Reachable.from_environment())
    await Worker(storage, outbound, vault, Schedule.from_environment()).run()


def _check() -> None:
    """Raises ``ValueError`` for settings that cannot be read."""
    Reachable.from_environment()
    Schedule.from_environment()


REPLICAS = listening.REPLICAS
JOBS = (
    Job("webhook deliveries", _BEGIN_AFTER_SECONDS, deliver, check=_check),
    Job("upkeep of webhooks", _UPKEEP_SECONDS, upkeep.forget_what_is_old),
)
SETTINGS: tuple[Setting, ...] = schedule.SETTINGS


async def write_demo_data(uow: UnitOfWork) -> None:
    """The summaries of the demo world's issues, which come without events. Called once."""
    uow.session.add_all(
        WebhookIssue(id=issue.id, summary=issue.summary, version=_FIRST_VERSION)
        for issue in demo_world().issues
    )
