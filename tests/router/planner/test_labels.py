"""Which labels of progressive ``@override`` are on for a request."""

from trellis.router.planner.labels import Labels


def test_a_graph_without_labels_draws_none():
    assert Labels(frozenset()).draw() == frozenset()


def test_always_and_never_are_no_matter_of_chance():
    labels = Labels(frozenset({"percent(100)", "percent(0)", "beta"}))
    assert {labels.draw() for _ in range(200)} == {frozenset({"percent(100)"})}


def test_a_percentage_is_on_for_its_part_of_the_requests():
    labels = Labels(frozenset({"percent(30)"}))
    on = sum(bool(labels.draw()) for _ in range(20_000))
    assert 5_500 < on < 6_500  # more than seven standard deviations on either side


def test_labels_of_one_request_are_drawn_together():
    # What is on at 10 % is on whenever 20 % is drawn low enough: one number decides for all.
    labels = Labels(frozenset({"percent(10)", "percent(60)"}))
    drawn = {labels.draw() for _ in range(2_000)}
    assert frozenset({"percent(10)"}) not in drawn
    assert drawn == {
        frozenset(),
        frozenset({"percent(60)"}),
        frozenset({"percent(10)", "percent(60)"}),
    }


def test_a_label_with_a_name_is_on_for_the_share_that_is_configured():
    named = frozenset({"moving", "percent(50)"})
    assert {Labels(named, {"moving": 0}).draw() for _ in range(200)} <= {
        frozenset(),
        frozenset({"percent(50)"}),
    }
    assert all("moving" in Labels(named, {"moving": 100}).draw() for _ in range(200))
    labels = Labels(frozenset({"moving"}), {"moving": 30, "another": 100})
    on = sum(bool(labels.draw()) for _ in range(20_000))
    assert 5_500 < on < 6_500  # more than seven standard deviations on either side
