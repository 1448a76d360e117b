"""What the names in ``@policy`` mean that projects answers for."""

from collections.abc import Mapping, Sequence

from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.schema.inputs import as_uuid
from trellis.schema.policy import GuardedObject, ObjectPolicy, Policy
from trellis.subgraphs.projects import queries

MEMBER = "member:project"


def project_policies(storage: Storage) -> Mapping[str, Policy]:
    """``member:project``: members of the project, and administrators of its organization: everyone
    who may see it."""

    async def is_member(caller: Identity, objects: Sequence[GuardedObject]) -> list[bool]:
        ids = [as_uuid(one["id"]) for one in objects]
        async with storage.read() as session:
            wanted = [id for id in ids if id is not None]
            found = await queries.projects_by_id(session, caller, wanted)
        seen = {project.id for project in found if project is not None}
        return [id in seen for id in ids]

    return {MEMBER: ObjectPolicy(is_member, needs={"Project": "id"})}
