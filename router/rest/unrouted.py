"""Errors of requests without a route, in the form of the dialect that was selected."""

from datetime import UTC, datetime

from starlette.types import Scope

from trellis.router.rest.profile import Failure, Profile, ResponseInfo, translate
from trellis.router.rest.response import Response, failure_type
from trellis.router.web.errors import error_headers
from trellis.router.web.json_text import dump_json
from trellis.router.web.request_id import request_id_of
from trellis.schema.errors import TrellisError


def unrouted(
    profile: Profile, error: TrellisError, scope: Scope, area: str | None = None
) -> Response:
    """The response of ``profile`` for an error outside of a route; ``area`` is that of the path, if
    known."""
    status, code = translate(profile, error.code, (area,))
    info = ResponseInfo(request_id=request_id_of(scope), time=datetime.now(UTC))
    headers = [*profile.answer_headers(info), *error_headers(error, profile.retry_seconds)]
    details = {name: value for name, value in error.details.items() if name != "allow"}
    failure = Failure(error.code, status, code, error.message, details=details)
    body = profile.failure(failure, info)
    if body is None:
        return Response(status, headers)
    headers.append(failure_type(profile))
    return Response(status, headers, dump_json(body))
