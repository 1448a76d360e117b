import pytest

from trellis.subgraphs.workflow_scope.vocabulary import StatusCategory, Vocabulary


@pytest.mark.parametrize(
    ("statuses", "status", "category"),
    [
        (("Open", "In Progress", "Done", "Closed"), "Open", StatusCategory.OPEN),
        (("Open", "In Progress", "Done", "Closed"), "In Progress", StatusCategory.IN_PROGRESS),
        (("Open", "In Progress", "Done", "Closed"), "Done", StatusCategory.CLOSED),
        (("Neu", "Fertig"), "Fertig", StatusCategory.CLOSED),
        (("Neu", "Fertig"), "Verworfen", StatusCategory.IN_PROGRESS),
        (("Only",), "Only", StatusCategory.OPEN),
    ],
)
def test_every_status_is_in_one_category(
    statuses: tuple[str, ...], status: str, category: StatusCategory
):
    assert Vocabulary(statuses=statuses).category(status) is category


def test_defaults_are_words_that_the_project_has():
    words = Vocabulary.read({"issue_types": ["Wish"], "priorities": ["Now", "Never"]})

    assert (words.default_type, words.default_priority) == ("Wish", "Now")
    assert words.initial_status == "Open"
