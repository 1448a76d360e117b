"""What arguments of the files subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings
from tests.support.uploads import SOME_FILE

MEANINGS = Meanings(
    counts={"file": 3, "attachment": 2, "share": 1},
    of_people=("personal_file",),
    by_name={
        "attachmentId": "attachment",
        "commentId": "comment",
        "fileId": "file",
        "issueId": "issue",
        "sharedWith": "user",
        "taskId": "task",
        "uploadedById": "user",
        "userId": "user",
        **dict.fromkeys(("description", "file", "filename", "mimeType"), FREE),
    },
    # Its one value is the reference to the file that requests of these tests carry.
    good_texts={"file": SOME_FILE},
    makes_no_difference={
        "Mutation.attachFile.fileId": "asked without saying what to attach it to: test_files.py",
    },
    by_coordinate={
        "Query.file.id": "file",
        "Mutation.updateFile.id": "file",
        "Mutation.deleteFile.id": "file",
        "Mutation.shareFile.id": "file",
        "Mutation.unshareFile.id": "file",
        "Subscription.fileUploaded.projectId": "project",
    },
    streams={
        "fileUploaded": (
            "subscription($id: ID!, $after: String) { fileUploaded(projectId: $id, after: $after) "
            "{ id description eventCursor project { id } uploadedBy { id } } }"
        ),
    },
    writes={
        "fileUploaded": (
            "mutation($id: ID!, $text: String!) { uploadFile("
            f'file: "{SOME_FILE}", details: {{projectId: $id, description: $text}}'
            ") { file { id } } }"
        ),
    },
    # Whose they were, and what was announced.
    keeps_deleted=frozenset({"file", "blob", "person", "subject", "outbox"}),
)
