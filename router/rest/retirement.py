"""The retirement of a route or a version, and how long in advance it is announced."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from graphql import GraphQLError, Node

from trellis.router.config import Migration, a_year_after
from trellis.router.errors import ConfigError
from trellis.router.rest.profile import Headers, Profile, ResponseInfo
from trellis.router.rest.profiles.writing import written_time
from trellis.router.rest.response import deprecation_headers
from trellis.router.rest.route import Deprecation


def read_deprecation(
    given: Mapping[str, Any] | None, profile: Profile, node: Node
) -> Deprecation | None:
    """The ``deprecated`` of a route's ``@rest``.

    Raises GraphQLError at ``node`` for a date that is none, and for an end that comes too early:
    in dialects with versions before twelve months have passed (S1-VER-03).
    """
    if not given:
        return None
    deprecated = Deprecation(**given)
    since = _date("since", deprecated.since, node)
    if deprecated.sunset is None:
        return deprecated
    sunset = _date("sunset", deprecated.sunset, node)
    earliest = since if profile.version is None else a_year_after(since)
    if sunset < earliest:
        raise GraphQLError(f"deprecated: sunset may be {earliest} at the earliest.", node)
    return deprecated


def _date(name: str, text: str, node: Node) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"deprecated: {name} must be a date such as 2026-01-31.", node) from None


def with_migration(profile: Profile, migration: Migration) -> Profile:
    """The profile when its version is followed by a newer one: success has a ``migration``
    (section 13.3 of the tracker's document, S1-ENV-04), and headers tell when.

    Raises ConfigError for a profile whose answers tell no version.
    """
    if profile.version is None:
        raise ConfigError(f"[rest.migrations]: answers of {profile.name} tell no version.")
    members = {
        "current_version": profile.version,
        "latest_version": migration.latest_version,
        "migration_guide": migration.guide,
        "deprecation_date": written_time(datetime.combine(migration.deprecation, time.min, UTC)),
    }
    more = deprecation_headers(_deprecation_of(migration), "")

    def success(data: Any, info: ResponseInfo) -> Any:
        return {**profile.success(data, info), "migration": members}

    def headers(info: ResponseInfo) -> Headers:
        return [*profile.headers(info), *more]

    return replace(profile, success=success, headers=headers)


def _deprecation_of(migration: Migration) -> Deprecation:
    """The end of a version, as that of a route is written."""
    sunset = None if migration.sunset is None else migration.sunset.isoformat()
    return Deprecation(migration.deprecation.isoformat(), sunset=sunset)
