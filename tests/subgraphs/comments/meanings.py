"""What arguments of the comments subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    # A comment is on an issue, a remark on a project, a note on a file.
    counts={"comment": 3, "remark": 3, "note": 1, "commented_file": 1},
    by_name={"content": FREE},
    by_coordinate={
        "AddCommentInput.issueId": "issue",
        # Beside the first type of subjects, which is that of projects.
        "CommentSubjectInput.id": "project",
        "CreateCommentInput.subjectId": "project",
        "CreateCommentInput.parentId": "remark",
        "Query.comment.id": "comment",
        **dict.fromkeys(
            (
                f"Mutation.{name}.id"
                for name in ("updateComment", "deleteComment", "addReaction", "removeReaction")
            ),
            "remark",
        ),
    },
    entrances={
        "Comment": 'comment(id: "$remark")',
        "File": 'comment(id: "$note") { subject { ... on File',
        "Task": 'task(id: "$task")',
        "Milestone": 'task(id: "$task") { milestone',
    },
    streams={
        "commentAdded": (
            "subscription($id: ID!, $after: String) { commentAdded(subject: {type: PROJECT, "
            "id: $id}, after: $after) { id content eventCursor author { id } subjectId } }"
        ),
    },
    writes={
        "commentAdded": (
            "mutation($id: ID!, $text: String!) { createComment(input: "
            "{subjectType: PROJECT, subjectId: $id, content: $text}) { comment { id } } }"
        ),
    },
    # Who wrote what, who there is, and what was announced.
    keeps_deleted=frozenset({"comment", "person", "outbox"}),
)
