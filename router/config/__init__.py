"""Every setting, its default and what it means: read from trellis.toml and the environment.

The file holds the keys below; ``TRELLIS_<KEY>`` in the environment wins over it, with ``__`` for
one level down (``TRELLIS_LIMITS__DEPTH=20``, ``TRELLIS_SUBGRAPHS__ORDERS=http://...``).
"""

from router.config.auth import Auth, Claims, Issuer
from router.config.authorization import Authorization
from router.config.http import Cors, HeaderPropagation, Http
from router.config.limits import Limits, WebSocketLimits
from router.config.load import export_overrides, export_to_subgraphs, load_config
from router.config.rate_limits import RateLimitRule, RateLimits
from router.config.reference import settings_reference
from router.config.rest import Rest
from router.config.settings import Config
from router.config.subgraphs import SubgraphSource

__all__ = [
    "Auth",
    "Authorization",
    "Claims",
    "Config",
    "Cors",
    "HeaderPropagation",
    "Http",
    "Issuer",
    "Limits",
    "RateLimitRule",
    "RateLimits",
    "Rest",
    "SubgraphSource",
    "WebSocketLimits",
    "export_overrides",
    "export_to_subgraphs",
    "load_config",
    "settings_reference",
]
