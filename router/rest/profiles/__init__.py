"""The REST dialects of the platform, one per file."""

from collections.abc import Mapping
from types import MappingProxyType

from trellis.router.rest.profile import Profile
from trellis.router.rest.profiles.commerce import COMMERCE
from trellis.router.rest.profiles.learn import LEARN
from trellis.router.rest.profiles.plain import PLAIN
from trellis.router.rest.profiles.pm import PM
from trellis.router.rest.profiles.todo import TODO
from trellis.router.rest.profiles.tracker import TRACKER
from trellis.router.rest.profiles.union import UNION

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (PM, TRACKER, COMMERCE, TODO, LEARN, UNION, PLAIN)}
)
"""The profiles by name, which is also that of the folder of their stored operations."""

__all__ = ["PROFILES"]
