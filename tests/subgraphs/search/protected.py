"""Members of the inputs of search that decide who may what: it has no inputs."""

from collections.abc import Mapping

from tests.subgraphs.tenants.attempts import Attempt

HARMLESS: Mapping[str, str] = {}
PROTECTED: Mapping[str, tuple[Attempt, ...]] = {}
