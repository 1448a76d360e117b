"""All settings with their defaults and meanings, read from trellis.toml and the environment.

``TRELLIS_<KEY>`` in the environment takes precedence over the file; ``__`` separates levels
(``TRELLIS_LIMITS__DEPTH=20``, ``TRELLIS_SUBGRAPHS__ORDERS=http://...``).
"""

from trellis.router.config.auth import Auth, Claims, Issuer
from trellis.router.config.authorization import Authorization
from trellis.router.config.cost import Cost
from trellis.router.config.http import Cors, HeaderPropagation, Http
from trellis.router.config.limits import Limits, StreamLimits
from trellis.router.config.load import (
    export_overrides,
    export_public_url,
    export_to_subgraphs,
    load_config,
)
from trellis.router.config.observability import Logs, Metrics
from trellis.router.config.rate_limits import RateLimitRule, RateLimits
from trellis.router.config.reference import settings_reference
from trellis.router.config.rest import Migration, Rest, a_year_after
from trellis.router.config.settings import Config
from trellis.router.config.subgraphs import SubgraphSource
from trellis.router.config.traffic import Traffic

__all__ = [
    "Auth",
    "Authorization",
    "Claims",
    "Config",
    "Cors",
    "Cost",
    "HeaderPropagation",
    "Http",
    "Issuer",
    "Limits",
    "Logs",
    "Metrics",
    "Migration",
    "RateLimitRule",
    "RateLimits",
    "Rest",
    "StreamLimits",
    "SubgraphSource",
    "Traffic",
    "a_year_after",
    "export_overrides",
    "export_public_url",
    "export_to_subgraphs",
    "load_config",
    "settings_reference",
]
