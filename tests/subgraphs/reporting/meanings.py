"""What arguments of the reporting subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings
from trellis.subgraphs.reporting.definitions import ISSUE_SUMMARY, TIME

MEANINGS = Meanings(
    counts={"report": 3},
    by_name={
        "definitionId": "report_definition",
        **dict.fromkeys(("parameters", "timeZone"), FREE),
    },
    by_coordinate={
        "Query.report.id": "report",
        "Mutation.cancelReport.id": "report",
        "Subscription.reportUpdated.id": "report",
    },
    good_texts={"timeZone": "Europe/Paris", "parameters": {}},
    values={
        "report_definition": lambda _: (str(TIME.id), str(ISSUE_SUMMARY.id)),
    },
    object_streams={
        "reportUpdated": (
            "subscription($id: ID!, $after: String) { reportUpdated(id: $id, after: $after) "
            "{ id status } }",
            "report",
        )
    },
    makes_no_difference=dict.fromkeys(
        ("GenerateReportInput.definitionId", "ReportFilters.definitionId"),
        "the kinds of reports belong to nobody",
    ),
    # Who had which task and who has worked, and what was announced.
    keeps_deleted=frozenset({"task", "time_entry", "person"}),
)
