"""What the files subgraph keeps of a tenant."""

import hashlib
from typing import Any
from uuid import UUID

from tests.subgraphs.accounts.letters import Letters
from tests.subgraphs.tenants.tenant import PEOPLE, Tenant
from tests.subgraphs.tenants.writing import write
from tests.support.subgraphs import Running
from trellis.db.bus import EventBus
from trellis.db.settings import DataSettings
from trellis.schema.identity import Identity
from trellis.schema.subgraph import Subgraph
from trellis.subgraphs.files import models as files
from trellis.subgraphs.files.graph import make_subgraph
from trellis.subgraphs.files.models import BlobState, SharePermission, SubjectType
from trellis.subgraphs.files.store import in_one_piece, key_of, store_of

_ROLES = {"lead": "owner", "boss": "admin", "member": "member"}


def make(settings: DataSettings | None, bus: EventBus | None, letters: Letters) -> Subgraph:
    return make_subgraph(settings, bus)


async def plant(tenant: Tenant, store: Running) -> None:
    named = [
        *((tenant.id("file", number), tenant.id("project", 0)) for number in range(3)),
        *((tenant.id("personal_file", person), None) for person in PEOPLE),
    ]
    uploaders = ["lead", "member", "boss", *PEOPLE]
    data = tenant.text("Content").encode()
    blobs, rows = [], []
    for number, ((id, project), person) in enumerate(zip(named, uploaders, strict=True)):
        blobs.append(_blob(id, tenant.id("user", person), len(data)))
        rows.append(_file(tenant, id, project, person, number, data))
    people = [
        files.Person(
            id=tenant.id("user", person),
            organization_id=tenant.id("organization"),
            is_active=person != "former",
        )
        for person in PEOPLE
    ]
    await write(store, [*_projects_of(tenant), *people, *_subjects_of(tenant), *blobs])
    await write(store, _members_of(tenant), rows)
    await write(store, _attachments_of(tenant), _shares_of(tenant))
    for blob in blobs:
        await store_of(store.context().storage).put(key_of(blob.id), in_one_piece(data))


async def plant_outsider(who: Identity, store: Running) -> None:
    """Somebody of no organization."""
    assert who.id is not None
    await write(store, [files.Person(id=who.id)])


def _blob(file_id: UUID, owner_id: UUID, size: int) -> files.Blob:
    return files.Blob(
        id=UUID(int=file_id.int ^ 1), owner_id=owner_id, size=size, state=BlobState.KEPT
    )


def _file(
    tenant: Tenant, id: UUID, project: UUID | None, person: str, number: int, data: bytes
) -> files.File:
    return files.File(
        id=id,
        blob_id=UUID(int=id.int ^ 1),
        project_id=project,
        uploaded_by=tenant.id("user", person),
        filename=tenant.text("Drawing"),
        original_filename=tenant.text("Original"),
        mime_type="text/plain",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        description=tenant.text("Words"),
        created_at=tenant.at(number),
        updated_at=tenant.at(number),
    )


def _projects_of(tenant: Tenant) -> list[Any]:
    return [
        files.Project(
            id=id,
            key=tenant.project_key(number),
            organization_id=tenant.id("organization"),
            version=1,
        )
        for number, id in enumerate(tenant.ids["project"])
    ]


def _members_of(tenant: Tenant) -> list[Any]:
    return [
        files.ProjectMember(project_id=id, user_id=tenant.id("user", person), role=role)
        for id in tenant.ids["project"]
        for person, role in _ROLES.items()
    ]


def _subjects_of(tenant: Tenant) -> list[Any]:
    kinds = {"issue": SubjectType.ISSUE, "task": SubjectType.TASK, "comment": SubjectType.COMMENT}
    return [
        files.Subject(id=id, type=type, project_id=tenant.id("project", 0), version=1)
        for kind, type in kinds.items()
        for id in tenant.ids[kind]
    ] + [
        files.Subject(
            id=tenant.id("personal_task", person),
            type=SubjectType.TASK,
            owner_id=tenant.id("user", person),
            version=1,
        )
        for person in PEOPLE
    ]


def _attachments_of(tenant: Tenant) -> list[Any]:
    subjects = [tenant.id("issue", 0), tenant.id("task", 0)]
    return [
        files.Attachment(
            id=tenant.id("attachment", number),
            file_id=tenant.id("file", number),
            subject_id=subject,
            attached_by=tenant.id("user", "lead"),
            created_at=tenant.at(number),
        )
        for number, subject in enumerate(subjects)
    ]


def _shares_of(tenant: Tenant) -> list[Any]:
    return [
        files.FileShare(
            id=tenant.id("share", 0),
            file_id=tenant.id("file", 0),
            user_id=tenant.id("user", "viewer"),
            organization_id=tenant.id("organization"),
            permission=SharePermission.READ,
            shared_by=tenant.id("user", "lead"),
            created_at=tenant.at(0),
        )
    ]
