"""How log lines look: for people in development, JSON for machines in production."""

import logging
import sys
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

import orjson
import structlog
from structlog.types import EventDict

from trellis.router.config import Logs
from trellis.router.serving.log_sink import LogSink, SinkHandler
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


ROUTER = "router"
"""The name of the router in metrics and logs, beside those of subgraphs."""

_NO_SINK = Logs()
# What request lines are written to; empty where lines are for people.
_json_handlers: list[logging.Handler] = []
# What processors add to every line.
_ADDED = frozenset({"level", "logger", "timestamp"})

_SHARED = (
    structlog.contextvars.merge_contextvars,
    _add_request,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logs(
    level: str, *, for_people: bool, settings: Logs = _NO_SINK, service: str = ROUTER
) -> None:
    """Send every line, also those of libraries, through one format to standard error, and as JSON
    to the sink of ``settings``, if there is one."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setFormatter(_formatter(for_people=for_people))
    if settings.sink_url is not None:
        handlers.append(SinkHandler(LogSink(settings, service)))
        handlers[1].setFormatter(_formatter(for_people=False))
    _json_handlers[:] = [] if for_people else handlers
    root = logging.getLogger()
    for old in root.handlers:
        if isinstance(old, SinkHandler):
            old.close()
    root.handlers[:] = handlers
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


def write_request_line(fields: Mapping[str, Any]) -> None:
    """Write the line of a request. JSON goes to standard error and the sink directly: through the
    processors it would take longer, and there is a line for every request."""
    if not _json_handlers:
        known = {name: value for name, value in fields.items() if name not in _ADDED}
        structlog.get_logger(fields["logger"]).info(**known)
        return
    text = orjson.dumps(fields).decode()
    for handler in _json_handlers:
        if isinstance(handler, SinkHandler):
            handler.sink.put(text)
        elif isinstance(handler, logging.StreamHandler):
            # Nobody reads standard error any more: that is no reason to fail requests.
            with handler.lock or nullcontext(), suppress(OSError, ValueError):
                handler.stream.write(f"{text}\n")
                handler.flush()


def _formatter(*, for_people: bool) -> logging.Formatter:
    if for_people:
        # The pretty traceback shows local variables, and those hold passwords and tokens.
        plain = structlog.dev.plain_traceback
        writers = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        ]
    else:
        writers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return structlog.stdlib.ProcessorFormatter(
        # Subgraphs know no structlog: what an alert counted comes as a member of the record.
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder(allow=("alert", "lines"))],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *writers],
    )
