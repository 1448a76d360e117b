"""What arguments of the timetracking subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

MEANINGS = Meanings(
    counts={"time_entry": 7, "timesheet": 3},
    by_name={
        "timesheetId": "timesheet",
        **dict.fromkeys(("description", "currency", "reason"), FREE),
    },
    by_coordinate={
        "Query.timeEntry.id": "time_entry",
        "Query.timesheet.id": "timesheet",
        "Mutation.stopTimer.id": "time_entry",
        "Mutation.updateTimeEntry.id": "time_entry",
        "Mutation.deleteTimeEntry.id": "time_entry",
        "Mutation.submitTimesheet.id": "timesheet",
        "Mutation.approveTimesheet.id": "timesheet",
        "Mutation.rejectTimesheet.id": "timesheet",
        "Subscription.timeEntryUpdated.projectId": "project",
    },
    good_texts={"currency": "USD"},
    good_values={
        # Entries are of the past.
        **dict.fromkeys(
            (f"{name}TimeEntryInput.startedAt" for name in ("Create", "Update")),
            "2021-03-01T09:00:00Z",
        ),
        **dict.fromkeys(
            (f"{name}TimeEntryInput.endedAt" for name in ("Create", "Update")),
            "2021-03-01T10:00:00Z",
        ),
    },
    entrances={
        "Task": 'task(id: "$task")',
    },
    streams={
        "timeEntryUpdated": (
            "subscription($id: ID!, $after: String) { timeEntryUpdated(projectId: $id, "
            "after: $after) { id description eventCursor project { id } task { id } user { id } } }"
        ),
    },
    writes={
        "timeEntryUpdated": (
            'mutation($id: ID!, $text: String!) { updateTimeEntry(id: "@time_entry", input: '
            "{projectId: $id, description: $text}) { timeEntry { id } } }"
        ),
    },
    # Members who manage nothing hear of their own hours only.
    hears={"timeEntryUpdated": "boss"},
    # Who has worked for projects, and who has decided about it; what was announced.
    keeps_deleted=frozenset({"time_entry", "timesheet", "person", "outbox"}),
)
