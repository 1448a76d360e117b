"""The header ``Link``: the pages before and after one, where the body has no place for them."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from starlette.types import Scope

from trellis.router.rest.call import Call
from trellis.router.rest.profile import Links
from trellis.router.rest.response import Header


def link_headers(links: Links, call: Call) -> list[Header]:
    """``Link`` (RFC 8288) with a target for each relation: the address that was asked for, with the
    parameters of the other page. None where there are no links."""
    if not links:
        return []
    targets = [f'<{_target(call.scope, given)}>; rel="{rel}"' for rel, given in links.items()]
    return [(b"link", ", ".join(targets).encode("ascii"))]


def _target(scope: Scope, given: Mapping[str, object]) -> str:
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    pairs = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name not in given]
    return f"{path.decode('ascii')}?{urlencode([*kept, *given.items()])}"
