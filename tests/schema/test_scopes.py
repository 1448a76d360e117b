from trellis.schema.scopes import SCOPES, with_implied


def test_the_vocabulary_has_the_scopes_of_the_contract():
    assert {
        "read:profile", "write:notifications", "read:projects", "admin:projects",
        "write:project_members", "admin:issues", "read:comments", "execute:workflows",
        "admin:reports", "export:data", "delete:projects", "write:tasks",
    } <= SCOPES  # fmt: skip


def test_administering_projects_brings_deleting_them():
    assert with_implied(["admin:projects"]) == {"admin:projects", "delete:projects"}
    assert with_implied(["read:issues"]) == {"read:issues"}
    assert with_implied([]) == frozenset()
