"""What arguments of the projects subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={"project": 3, "milestone": 2},
    by_name={
        "projectId": "project",
        "leadId": "user",
        **dict.fromkeys(
            ("issueTypes", "name", "description", "priorities", "projectType", "role", "statuses")
            + ("title",),
            FREE,
        ),
    },
    by_coordinate={
        "Query.project.id": "project",
        "Query.projectByKey.key": "project_key",
        "CreateProjectInput.key": "project_key",
        "Mutation.updateProject.id": "project",
        "Mutation.deleteProject.id": "project",
        "Mutation.updateMilestone.id": "milestone",
        "Subscription.projectUpdated.id": "project",
    },
    values={"project_key": lambda tenant: (tenant.project_key(0),)},
    unused={"project_key": lambda _tenant: "NEWKEY"},
    entrances={"Project": 'project(id: "$project")'},
    common_names={
        "CreateProjectInput.key": (
            'mutation { createProject(input: {name: "x", key: "BOROG0"}) { project { id } } }'
        ),
    },
    streams={
        "projectUpdated": (
            "subscription($id: ID!, $after: String) { projectUpdated(id: $id, after: $after) "
            "{ id key name eventCursor members { user { id } } } }"
        ),
    },
    writes={
        "projectUpdated": (
            "mutation($id: ID!, $text: String!) { updateProject(id: $id, input: {name: $text}) "
            "{ project { id } } }"
        ),
    },
    # That somebody of this id is to be chosen no more, and what was announced.
    keeps_deleted=frozenset({"person", "outbox"}),
)
