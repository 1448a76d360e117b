"""What connections know of one another."""

from dataclasses import dataclass, field

from trellis.router.config import Limits
from trellis.router.serving.front.handshakes import Handshakes
from trellis.router.serving.front.places import Places
from trellis.router.serving.front.watch import Watch
from trellis.router.web.client_address import ClientAddresses


@dataclass(frozen=True, slots=True)
class Shared:
    """The bounds of one worker, and who uses how much of them."""

    limits: Limits
    places: Places
    watch: Watch
    clients: ClientAddresses
    handshakes: Handshakes = field(default_factory=Handshakes)
