"""The dialects in which the platform speaks REST: each file is one."""

from collections.abc import Mapping
from types import MappingProxyType

from router.rest.profile import Profile
from router.rest.profiles.commerce import COMMERCE
from router.rest.profiles.learn import LEARN
from router.rest.profiles.plain import PLAIN
from router.rest.profiles.pm import PM
from router.rest.profiles.todo import TODO
from router.rest.profiles.tracker import TRACKER
from router.rest.profiles.union import UNION

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (PM, TRACKER, COMMERCE, TODO, LEARN, UNION, PLAIN)}
)
"""By name; the folder of a profile's stored operations is called the same."""

__all__ = ["PROFILES"]
