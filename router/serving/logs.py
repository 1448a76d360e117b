"""How log lines look: for people in development, JSON for machines in production."""

import logging
import sys
from typing import Any

import structlog
from structlog.types import EventDict

from trellis.router.web.client_address import current_client_address
from trellis.router.web.request_id import current_request_id


def _add_request(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for name, value in (
        ("request_id", current_request_id.get()),
        ("client", current_client_address.get()),
    ):
        if value is not None:
            event.setdefault(name, value)
    return event


_SHARED = (
    structlog.contextvars.merge_contextvars,
    _add_request,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logs(level: str, *, for_people: bool) -> None:
    """Send every line, also those of libraries, through one format to standard error."""
    if for_people:
        # The pretty traceback shows local variables, and those hold passwords and tokens.
        plain = structlog.dev.plain_traceback
        writers = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        ]
    else:
        writers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # Subgraphs know no structlog: what an alert counted comes as a member of the record.
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder(allow=("alert",))],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *writers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.access", "alembic", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level.upper()),
        # A cached logger keeps the configuration of its first line for ever. Lines are rare, so
        # that making the logger anew (microseconds) is not seen.
        cache_logger_on_first_use=False,
    )
