"""``/metrics``: the metrics of this process, or of all its workers, for those who may read them."""

import asyncio
import hmac
from ipaddress import ip_network

import structlog
from starlette.requests import Request
from starlette.responses import Response

from trellis.router.config import Metrics
from trellis.router.web.client_address import read_address
from trellis.router.web.ops_paths import METRICS_PATH
from trellis.schema.errors import NotFound
from trellis.schema.metrics import CONTENT_TYPE, exposition, refresh_values

log = structlog.get_logger(__name__)


class MetricsDoor:
    """Answers those whom the settings permit; for others there is nothing at this path."""

    def __init__(self, settings: Metrics, *, is_development: bool) -> None:
        self._token = settings.token.get_secret_value().encode() if settings.token else None
        self._networks = [ip_network(one, strict=False) for one in settings.networks]
        self._is_open = is_development and self._token is None and not self._networks

    async def respond(self, request: Request) -> Response:
        if not self._may_read(request):
            log.info("metrics_refused")
            raise NotFound(f"There is nothing at {METRICS_PATH}.")
        refresh_values()
        text = await asyncio.to_thread(exposition)
        return Response(text, headers={"content-type": CONTENT_TYPE})

    def _may_read(self, request: Request) -> bool:
        if self._is_open:
            return True
        if self._token is not None:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), self._token):
                return True
        address = read_address(request.client.host) if request.client else None
        return address is not None and any(address in network for network in self._networks)
