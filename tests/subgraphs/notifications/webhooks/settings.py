"""A worker in a hurry, which reaches this machine."""

import ipaddress

from trellis.subgraphs.notifications.addresses import Reachable
from trellis.subgraphs.notifications.outbound import OutboundLimits
from trellis.subgraphs.notifications.webhooks.schedule import Schedule

HERE = Reachable((ipaddress.ip_network("127.0.0.0/8"),))
FAST = Schedule(
    first_retry=0.0005,
    patience=0.2,
    poll=0.02,
    lease=30.0,
    limits=OutboundLimits(seconds=5.0, answer_bytes=1_000),
)
