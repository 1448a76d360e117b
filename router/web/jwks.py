"""``/.well-known/jwks.json``: the public keys for verifying the access tokens."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from trellis.router.web.entity_tags import is_known

LoadKeySet = Callable[[], Awaitable[Mapping[str, Any]]]


class JwksEndpoint:
    """A key set (RFC 7517). Clients may cache it for five minutes and revalidate it with its ETag.
    A new key is published for longer than that before it is used."""

    def __init__(self, load: LoadKeySet) -> None:
        self._load = load

    async def respond(self, request: Request) -> Response:
        body = orjson.dumps(await self._load(), option=orjson.OPT_SORT_KEYS)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"cache-control": "public, max-age=300", "etag": etag}
        if is_known(dict(request.headers.raw).get(b"if-none-match"), etag.encode()):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/jwk-set+json", headers=headers)
