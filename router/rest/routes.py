"""All REST routes of an application, and their dispatcher."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphql import GraphQLSchema
from starlette.types import ASGIApp

from trellis.router.config import Config, Limits
from trellis.router.content.door import NO_CONTENTS, Contents
from trellis.router.errors import ConfigError
from trellis.router.rest.access import access_to
from trellis.router.rest.door import RestDoor, Selection
from trellis.router.rest.endpoint import RestEndpoint
from trellis.router.rest.generated.fields import Locate, nowhere
from trellis.router.rest.generated.routes import Generated, generate
from trellis.router.rest.idempotency.file_store import FileAnswers
from trellis.router.rest.idempotency.once import Once
from trellis.router.rest.idempotency.store import AnswerStore
from trellis.router.rest.load import load_routes
from trellis.router.rest.preconditions import place_of, shows_its_place
from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles import PROFILES
from trellis.router.rest.profiles.plain import PLAIN
from trellis.router.rest.retirement import with_migration
from trellis.router.rest.route import RestRoute
from trellis.router.state_file import FILE_NAME
from trellis.router.supergraph import Supergraph
from trellis.router.web.services import Services
from trellis.schema.extras import import_part

_SECONDS_OF_AN_HOUR = 3600


def rest_routes(
    config: Config,
    supergraph: Supergraph,
    profiles: Mapping[str, Profile] = PROFILES,
    *,
    locate: Locate = nowhere,
) -> list[RestRoute]:
    """The routes of the configured dialects: the stored operations below ``operations_dir``/rest,
    and in the dialect ``plain`` the fields that carry ``@rest``. Raises ConfigError that names
    file and line, the field, or the setting."""
    profiles = _configured(config, profiles)
    routes = written_routes(config, supergraph, profiles)
    if PLAIN.name in profiles:
        generated = generated_routes(config, supergraph, routes, locate=locate)
        routes += [one.route for one in generated]
    order = {name: place for place, name in enumerate(profiles)}
    return sorted(routes, key=lambda route: order[route.profile.name])


def _configured(config: Config, profiles: Mapping[str, Profile]) -> dict[str, Profile]:
    """The dialects as this installation serves them."""
    found = dict(profiles)
    for name, headers in config.rest.headers.items():
        if name in found:
            found[name] = found[name].with_headers(headers)
    migrations = config.rest.migrations
    for name, profile in found.items():
        # What is counted as another dialect answers for it, too: the union for the tracker.
        if migration := migrations.get(name) or migrations.get(profile.limits_name):
            found[name] = with_migration(profile, migration)
    if config.is_development:
        return found
    return {name: profile.in_production() for name, profile in found.items()}


def written_routes(
    config: Config, supergraph: Supergraph, profiles: Mapping[str, Profile] = PROFILES
) -> list[RestRoute]:
    """The stored operations alone. Raises ConfigError."""
    served = config.rest.profiles
    for name in (*(served or ()), config.rest.default_profile, *config.rest.hosts.values()):
        if name not in profiles:
            raise ConfigError(f"[rest]: unknown dialect {name}, only {', '.join(profiles)}.")
    for name in (*config.rest.body_bytes, *config.rest.headers, *config.rest.migrations):
        if name not in profiles and name not in PROFILES:
            raise ConfigError(f"[rest]: unknown dialect {name}, only {', '.join(profiles)}.")
    return load_routes(config.operations_dir / "rest", supergraph, profiles, served=served)


def generated_routes(
    config: Config,
    supergraph: Supergraph,
    written: Sequence[RestRoute],
    *,
    locate: Locate = nowhere,
) -> list[Generated]:
    """The operations of fields that carry ``@rest`` and that no ``written`` route answers; none
    where the dialect ``plain`` is not served. Raises ConfigError."""
    served = config.rest.profiles
    if served is not None and PLAIN.name not in served:
        return []
    return generate(supergraph, written, PLAIN, locate)


class RestService:
    """Creates the dispatcher for the routes of a supergraph. It keeps what is independent of the
    supergraph: the responses for idempotency keys."""

    def __init__(self, config: Config, contents: Contents = NO_CONTENTS) -> None:
        """``contents`` are what the routes of files send."""
        self._contents = contents
        self._once = Once(
            answer_store(config),
            keep_seconds=config.rest.idempotency_hours * _SECONDS_OF_AN_HOUR,
            request_seconds=config.limits.request_seconds,
        )
        self._body_bytes = config.rest.body_bytes
        self._selection = Selection(config.rest.default_profile, config.rest.hosts)

    def door(
        self,
        routes: Sequence[RestRoute],
        supergraph: Supergraph,
        services: Services,
        otherwise: ASGIApp,
    ) -> RestDoor:
        """Serves the routes of ``supergraph``, which ``services.graph`` answers on; anything else
        falls through to ``otherwise``."""
        of_dialects = {
            name: replace(services, limits=_with_bodies_of(most, services.limits))
            for name, most in self._body_bytes.items()
        }
        endpoints = [
            RestEndpoint(
                route,
                of_dialects.get(route.profile.name, services),
                self._once,
                access_to(route, supergraph),
                self._contents,
            )
            for route in routes
        ]
        join_preconditions(endpoints, supergraph.schema)
        profiles = list({route.profile.name: route.profile for route in routes}.values())
        return RestDoor(endpoints, profiles, self._selection, services, otherwise)

    async def aclose(self) -> None:
        """Wait for running requests with a key, and close connections."""
        await self._once.aclose()


def join_preconditions(endpoints: Sequence[RestEndpoint], schema: GraphQLSchema) -> None:
    """Let the mutations of each path know the route that reads what is there."""
    readers = {place_of(e.route): e for e in endpoints if shows_its_place(e.route)}
    for endpoint in endpoints:
        reader = readers.get(place_of(endpoint.route))
        if endpoint.route.kind == "mutation" and reader is not None:
            endpoint.compare_with(reader, schema)


def _with_bodies_of(most: int, limits: Limits) -> Limits:
    """The limits of a dialect whose bodies may have ``most`` bytes, files included."""
    smaller = min(most, limits.upload_bytes)
    return limits.model_copy(update={"body_bytes": most, "upload_bytes": smaller})


def answer_store(config: Config) -> AnswerStore:
    """Redis if it is configured, otherwise the router's own file. Raises MissingExtra."""
    if config.redis_url:
        store = import_part("trellis.router.rest.idempotency.redis_store", "redis")
        return store.RedisAnswers(config.redis_url)
    return FileAnswers(config.data_dir / FILE_NAME, config.rest.idempotency_answers)
