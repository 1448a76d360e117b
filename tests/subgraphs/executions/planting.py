"""What the executions subgraph keeps of a tenant."""

from datetime import timedelta

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.executions.quiet import make_quiet
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.models import utc_now
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.executions.languages import Language
from trellis.subgraphs.executions.models import (
    Execution,
    ExecutionStatus,
    OutputChunk,
    Person,
    Subscription,
)
from trellis.subgraphs.executions.runners.runner import Stream


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_quiet(settings, bus)


async def plant(tenant: Tenant, executions: Running) -> None:
    """One that is running, one that has ended and one that waits."""
    people = [
        Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            is_active=person != "former",
            version=1,
        )
        for person in PEOPLE
    ]
    told = Subscription(
        user_id=tenant.id("user", "boss"), tier="pro", changed_at=utc_now() - timedelta(days=1)
    )
    statuses = (ExecutionStatus.RUNNING, ExecutionStatus.COMPLETED, ExecutionStatus.QUEUED)
    runs = [
        Execution(
            id=id,
            owner_id=tenant.id("user", ("boss", "lead")[number % 2]),
            language=Language.JAVASCRIPT,
            code=tenant.text("Code"),
            stdin=tenant.text("Input"),
            tier="free",
            due_at=tenant.at(number),
            at_once=1,
            status=status,
            last_sequence=1,
            created_at=tenant.at(number),
            updated_at=tenant.at(number),
            lease_until=utc_now() + timedelta(days=1),
        )
        for number, (id, status) in enumerate(zip(tenant.ids["execution"], statuses, strict=True))
    ]
    pieces = [
        OutputChunk(
            execution_id=run.id,
            owner_id=run.owner_id,
            sequence=1,
            stream=Stream.STDOUT,
            text=tenant.text("Output"),
        )
        for run in runs
    ]
    await write(executions, [*people, told, *runs], pieces)


async def plant_outsider(who: Identity, executions: Running) -> None:
    assert who.id is not None
    await write(executions, [Person(id=who.id, organization_id=who.tenant_id, version=1)])
