"""The stages that an operation passes, as one supergraph has them."""

from collections.abc import Mapping
from dataclasses import dataclass

from trellis.router.authorization.enforcer import Enforcer
from trellis.router.authorization.unrestricted import Unrestricted
from trellis.router.cost.demand import DemandControl
from trellis.router.executor.plans import Plans
from trellis.router.executor.visible_schema import VisibleSchema
from trellis.router.operation.reader import OperationReader
from trellis.router.planner.labels import DrawLabels
from trellis.router.rate_limit.limiter import Limiter
from trellis.router.transports.base import Transport


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stages:
    """In the order in which ``trellis.router.pipeline`` uses them. Each keeps what it has made,
    so the same operation passes them quickly the next time.

    ``rejects``: a query that lost an object to a policy is refused as a whole.
    """

    reader: OperationReader
    enforcer: Enforcer | Unrestricted
    demand: DemandControl
    limiter: Limiter
    draw_labels: DrawLabels
    plans: Plans
    visible_schema: VisibleSchema
    transports: Mapping[str, Transport]
    rejects: bool = False
