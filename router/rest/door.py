"""Dispatches requests to REST routes: selects the dialect and its route."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trellis.router.rest.answers import with_headers
from trellis.router.rest.endpoint import AnyResponse, RestEndpoint
from trellis.router.rest.media import is_named
from trellis.router.rest.path import read_template
from trellis.router.rest.profile import Profile, ResponseInfo
from trellis.router.rest.response import Response
from trellis.router.rest.root import rank_at_root
from trellis.router.rest.route import RestRoute
from trellis.router.rest.table import Match, RouteTable, split_path
from trellis.router.rest.unrouted import unrouted
from trellis.router.web.client_watch import ClientGone
from trellis.router.web.errors import ErrorAnswer
from trellis.router.web.identity import credentials_of
from trellis.router.web.ops_paths import OPS_PATHS
from trellis.router.web.refusals import MethodNotAllowed
from trellis.router.web.request_context import note_dialect
from trellis.router.web.request_id import request_id_of
from trellis.router.web.request_record import note_door, note_route
from trellis.router.web.services import Services
from trellis.schema.errors import NotFound, TrellisError
from trellis.schema.identity import ANONYMOUS

_Table = RouteTable[RestEndpoint]
# Not of a dialect, and answered below its prefix too: its clients know one base URL.
_BELOW_PREFIXES = {path[1:]: path for path in OPS_PATHS}
_NO_ROUTE = "There is no such route."


@dataclass(frozen=True, slots=True)
class Selection:
    """How the dialect of a request at the root is selected, in addition to its path."""

    default: str
    hosts: Mapping[str, str]


class _Found(NamedTuple):
    """The selected dialect, for errors; the routes at the path; the prefix that was used."""

    profile: Profile | None
    match: Match[RestEndpoint] | None
    prefix: str = ""


class RestDoor:
    """Finds the route of a request by the first of these that applies:

    1. the prefix of a dialect;
    2. the host or port of the request, as configured;
    3. a media type of one dialect in ``Accept``;
    4. the one dialect at the root that has the path;
    5. of several: one without a prefix, the default, the first.

    Requests without a route are passed on to ``otherwise``, below a prefix only the ``OPS_PATHS``.
    A 404 or 405 from there gets the form of the dialect that the host or the media type selects, or
    of the one at the root for paths that begin with the first segment of one of its routes.
    """

    def __init__(
        self,
        endpoints: Sequence[RestEndpoint],
        profiles: Sequence[Profile],
        selection: Selection,
        services: Services,
        otherwise: ASGIApp,
    ) -> None:
        self._services = services
        self._otherwise = otherwise
        self._hosts = selection.hosts
        self._profiles = {profile.name: profile for profile in profiles}
        self._prefixes = {profile.prefix[1:]: profile for profile in profiles if profile.prefix}
        self._media = {media: profile for profile in profiles for media in profile.media_types}
        self._tables = {
            profile.name: _table(e for e in endpoints if e.route.profile is profile)
            for profile in profiles
        }
        at_root = [e for e in endpoints if e.route.profile.owns_root]
        at_root.sort(key=lambda endpoint: rank_at_root(endpoint.route, selection.default))
        self._root = _table(at_root)
        self._root_profile = at_root[0].route.profile if at_root else None
        self._root_segments = {e.route.path[1:].partition("/")[0] for e in at_root}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._otherwise(scope, receive, send)
            return
        segments = split_path(scope.get("raw_path"), scope["path"])
        if segments is None:
            raise NotFound("The path is not UTF-8.")
        found = self._find(scope, segments)
        if found.profile is not None:
            note_dialect(scope, found.profile.limits_name)
        if found.match is None and found.prefix:
            path = _BELOW_PREFIXES.get("/".join(segments[1:]))
            if path is not None:
                note_door("operations")
                inner = {**scope, "path": path, "raw_path": path.encode()}
                await self._otherwise(inner, receive, send)
                return
        if found.match is None and not found.prefix:
            if found.profile is not None:
                send = self._in_form_of(found.profile, scope, send)
            await self._otherwise(scope, receive, send)
            return
        try:
            response = await self._respond(found, scope, receive)
        except ClientGone:
            return
        await response.send(send, is_head=scope["method"] == "HEAD")

    def write_error(self, error: TrellisError, scope: Scope) -> ErrorAnswer | None:
        """The response for an error in the form of the dialect that the request selects, whichever
        layer raised it; None if it selects none."""
        segments = split_path(scope.get("raw_path"), scope["path"])
        if segments is None:  # the prefix may be valid
            segments = scope["path"][1:].split("/")
        found = self._find(scope, segments)
        profile = found.profile or (found.match and _some_route(found.match, scope).profile)
        if profile is not None:
            note_dialect(scope, profile.limits_name)
        if found.match is not None:
            response = _refused(found.match, error, scope)
        elif found.profile is not None:
            response = unrouted(found.profile, error, scope)
        else:
            return None
        return ErrorAnswer(response.status, response.headers, response.body)

    async def _respond(self, found: _Found, scope: Scope, receive: Receive) -> AnyResponse:
        match = found.match
        if match is None:
            assert found.profile is not None
            return await self._refuse(found.profile, NotFound(_NO_ROUTE), scope)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        endpoint = match.entries.get(method)
        if endpoint is not None:
            route = endpoint.route
            is_stream = route.kind == "subscription"
            note_route(route.profile.name, route.id, is_stream=is_stream)
            return await endpoint.respond(scope, receive, match.values, found.prefix)
        allowed = _allowed(match.entries)
        route = _some_route(match, scope)
        if method == "OPTIONS":
            info = ResponseInfo(request_id_of(scope), datetime.now(UTC))
            headers = route.profile.answer_headers(info)
            return Response(204, [*headers, (b"allow", allowed.encode())])
        error = MethodNotAllowed(allowed)
        return await self._refuse(route.profile, error, scope, route.area)

    async def _refuse(
        self, profile: Profile, error: TrellisError, scope: Scope, area: str | None = None
    ) -> Response:
        """The response to a request without a route, counted by the limits of the dialect."""
        try:
            identity = await self._services.authenticate(credentials_of(scope))
        except TrellisError:  # then the request is counted by address
            identity = ANONYMOUS
        context = self._services.make_context(scope, identity, profile=profile.limits_name)
        shown, rate = await self._services.charge_once(error, context)
        response = unrouted(profile, shown, scope, area)
        return response if rate is None else with_headers(response, rate.headers)

    def _in_form_of(self, profile: Profile, scope: Scope, send: Send) -> Send:
        """Replaces responses 404 and 405 by those of the dialect. Other responses, such as pages
        and health, are the same on every host."""
        is_replaced = False

        async def send_in_form(message: Message) -> None:
            nonlocal is_replaced
            status = message.get("status")
            if status in (404, 405) and message["type"] == "http.response.start":
                is_replaced = True
                error: TrellisError = NotFound(_NO_ROUTE)
                if status == 405:
                    allow = dict(message.get("headers", ())).get(b"allow", b"GET, HEAD").decode()
                    error = MethodNotAllowed(allow)
                response = await self._refuse(profile, error, scope)
                await response.send(send, is_head=scope["method"] == "HEAD")
            elif not is_replaced:
                await send(message)

        return send_in_form

    def _find(self, scope: Scope, segments: Sequence[str]) -> _Found:
        profile = self._prefixes.get(segments[0])
        if profile is not None:
            match = self._tables[profile.name].find(segments[1:])
            return _Found(profile, match, profile.prefix)
        if self._hosts or self._media:
            chosen = self._chosen(scope)
            if chosen is not None:
                return _Found(chosen, self._tables[chosen.name].find(segments))
        is_below_a_route = segments[0] in self._root_segments
        words = self._root_profile if is_below_a_route else None
        return _Found(words, self._root.find(segments))

    def _chosen(self, scope: Scope) -> Profile | None:
        accept = b""
        for name, value in scope["headers"]:
            if name == b"host" and self._hosts:
                host = value.decode("latin-1").lower()
                name_only, _, port = host.partition(":")
                for key in (host, name_only, f":{port}"):
                    if key in self._hosts:
                        return self._profiles.get(self._hosts[key])
            elif name == b"accept":
                accept = value
        text = accept.decode("latin-1").lower()  # media types are the same in capitals
        if "vnd." not in text:
            return None
        return next((found for media, found in self._media.items() if is_named(media, text)), None)


def _refused(match: Match[RestEndpoint], error: TrellisError, scope: Scope) -> Response:
    """In the form of the route, or of another one at the path if none has the method."""
    route = _some_route(match, scope)
    return unrouted(route.profile, error, scope, route.area)


def _some_route(match: Match[RestEndpoint], scope: Scope) -> RestRoute:
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    endpoint = match.entries.get(method) or next(iter(match.entries.values()))
    return endpoint.route


def _allowed(methods: Iterable[str]) -> str:
    """The value of ``Allow`` (RFC 9110, section 10.2.1)."""
    known = set(methods) | {"OPTIONS"}
    if "GET" in known:
        known.add("HEAD")
    return ", ".join(sorted(known))


def _table(endpoints: Iterable[RestEndpoint]) -> _Table:
    table: _Table = RouteTable()
    for endpoint in endpoints:
        for path in endpoint.route.profile.paths(endpoint.route.path):
            table.add(read_template(path), endpoint.route.method, endpoint)
    return table
