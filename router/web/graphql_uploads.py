"""Reads GraphQL multipart requests: an operation and the files among its variables.

https://github.com/jaydenseric/graphql-multipart-request-spec: the part ``operations`` is the
request as JSON, ``map`` says for each file where it belongs, ``{"0": ["variables.file"]}``, and the
files follow under these names.
"""

from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Scope

from trellis.router.config import Limits
from trellis.router.operation.request import (
    QUERIES_AND_MUTATIONS,
    GraphQLRequest,
    read_request,
)
from trellis.router.web.json_text import load_json
from trellis.router.web.multipart import Multipart, read_multipart
from trellis.schema.errors import BadRequest
from trellis.schema.uploads import UploadedFile

_MAP_DEPTH = 2
_ROOT = "variables"


async def read_upload_request(
    scope: Scope, receive: Receive, limits: Limits
) -> tuple[GraphQLRequest, Mapping[str, UploadedFile]]:
    """The request with a reference in the place of each file, and the files by these references.

    Raises what ``read_multipart`` does, and BadRequest for a request without ``operations``, a map
    that does not fit the files or the variables, and a batch.
    """
    parts = await read_multipart(scope, receive, limits)
    payload = _json(parts, "operations", limits.json_depth)
    if isinstance(payload, list):
        raise BadRequest("A multipart request has one operation.")
    places = _json(parts, "map", _MAP_DEPTH)
    if not isinstance(payload, dict) or not isinstance(places, dict):
        raise BadRequest("The parts `operations` and `map` are JSON objects.")
    files = {name: (reference, file) for name, reference, file in parts.files}
    if places.keys() != files.keys() or len(files) != len(parts.files):
        raise BadRequest("The part `map` names each file of the request once.")
    for name, paths in places.items():
        if not isinstance(paths, list):
            raise BadRequest("The part `map` has a list of paths for each file.")
        for path in paths:
            _put(payload, path, files[name][0])
    return read_request(payload, kinds=QUERIES_AND_MUTATIONS), dict(files.values())


def _json(parts: Multipart, name: str, depth: int) -> Any:
    texts = [part.text for part in parts.texts if part.name == name]
    if len(texts) != 1:
        raise BadRequest(f"A multipart request has one part `{name}`, before its files.")
    return load_json(texts[0], max_depth=depth, what=f"The part `{name}`")


def _put(payload: dict[str, Any], path: Any, reference: str) -> None:
    """Put ``reference`` in the place of a null. Raises BadRequest when there is none."""
    place: Any = payload
    names = path.split(".") if isinstance(path, str) else []
    try:
        if names[0] != _ROOT or len(names) < 2:
            raise LookupError
        for name in names[:-1]:
            place = place[_index(place, name)]
        last = _index(place, names[-1])
        if place[last] is not None:
            raise LookupError
        place[last] = reference
    except (LookupError, TypeError, ValueError):
        raise BadRequest("The part `map` names places in the variables that are null.") from None


def _index(place: Any, name: str) -> Any:
    if isinstance(place, list):
        if not name.isascii() or not name.isdigit():  # a negative index would be a place, too
            raise LookupError
        return int(name)
    return name
