"""Creates rate limiting from the configuration."""

import structlog

from trellis.router.config import Config
from trellis.router.rate_limit.file_store import FileStore
from trellis.router.rate_limit.limiter import RateLimiting
from trellis.router.rate_limit.machine_store import MachineStore
from trellis.router.rate_limit.memory_store import MemoryStore
from trellis.router.rate_limit.sliding_log import Store
from trellis.router.state_file import FILE_NAME
from trellis.schema.extras import import_part

log = structlog.get_logger(__name__)


def build_rate_limiting(config: Config) -> RateLimiting | None:
    """The configured rate limiting, None if it is disabled. Raises ConfigError, and MissingExtra if
    Redis is configured and its package is not installed."""
    settings = config.rate_limit
    if not settings.enabled:
        return None
    factor = settings.development_factor if config.is_development else 1
    return RateLimiting(settings, _store(config), factor=factor)


def _store(config: Config) -> Store:
    settings = config.rate_limit
    if config.redis_url is not None:
        # Imported only here: the Redis client takes a tenth of the startup time.
        module = import_part("trellis.router.rate_limit.shared_store", "redis")
        return module.shared_store(
            config.redis_url, timeout=settings.store_seconds, keys=settings.keys
        )
    if config.workers > 1:
        log.warning(
            "rate_limits_are_per_worker",
            workers=config.workers,
            advice="set redis_url to count over all workers; strict limits are shared without it",
        )
    return MachineStore(
        MemoryStore(max_keys=settings.keys),
        FileStore(config.data_dir / FILE_NAME, max_keys=settings.keys),
    )
