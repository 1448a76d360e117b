"""The pipeline stages of one supergraph."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trellis.router.authorization.enforcer import Enforcer
from trellis.router.authorization.unrestricted import Unrestricted
from trellis.router.cost.demand import DemandControl
from trellis.router.executor.event_gates import EventGates
from trellis.router.executor.live_fields import LiveFields
from trellis.router.executor.plans import Plans
from trellis.router.executor.shared_streams import SharedStreams
from trellis.router.executor.visible_schema import VisibleSchema
from trellis.router.operation.reader import OperationReader
from trellis.router.planner.labels import DrawLabels
from trellis.router.rate_limit.limiter import Limiter
from trellis.router.rate_limit.places import Places
from trellis.router.rate_limit.room import Room
from trellis.router.response_cache import ResponseCache
from trellis.router.transports.base import Transport


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stages:
    """In the order in which ``trellis.router.pipeline`` uses them. Each stage caches its results,
    so that repeated operations are fast.

    ``rejects``: a query is refused as a whole if a policy denies an object of its response.
    ``live`` are the subscription fields that equal callers may share, ``streams`` those that run.
    """

    reader: OperationReader
    enforcer: Enforcer | Unrestricted
    demand: DemandControl
    limiter: Limiter
    places: Places
    room: Room
    draw_labels: DrawLabels
    plans: Plans
    visible_schema: VisibleSchema
    transports: Mapping[str, Transport]
    rejects: bool = False
    live: LiveFields = field(default_factory=dict)
    streams: SharedStreams = field(default_factory=SharedStreams)
    gates: EventGates = field(default_factory=EventGates)
    responses: ResponseCache = field(default_factory=lambda: ResponseCache(None))
