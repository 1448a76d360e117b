import pytest

from trellis.schema.scopes import SCOPES, with_implied

DOCUMENTED = {
    "suite": "read:projects write:projects delete:projects read:tasks write:tasks",
    "users": "read:profile write:profile read:notifications write:notifications",
    "projects": "read:projects write:projects admin:projects "
    "read:project_members write:project_members",
    "issues": "read:issues write:issues admin:issues read:comments write:comments",
    "workflows": "read:workflows write:workflows admin:workflows execute:workflows",
    "reporting": "read:reports write:reports admin:reports export:data",
}


@pytest.mark.parametrize("group", DOCUMENTED)
def test_the_vocabulary_has_every_scope_of_the_documents(group: str):
    assert set(DOCUMENTED[group].split()) <= SCOPES


def test_administering_projects_brings_deleting_them():
    assert with_implied(["admin:projects"]) == {"admin:projects", "delete:projects"}
    assert with_implied(["read:issues"]) == {"read:issues"}
    assert with_implied([]) == frozenset()
