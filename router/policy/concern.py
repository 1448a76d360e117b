"""Which policies an operation is concerned with; found once per operation, for all callers."""

from collections.abc import Iterator
from dataclasses import dataclass

from router.operation.model import Field, NormalizedOperation, SelectionSet
from router.policy.inputs import InputNeeds
from router.policy.rules import NO_NEEDS, AuthorizationRules, Needs


@dataclass(frozen=True, slots=True, eq=False)
class ArgumentQuestion:
    """A field whose arguments are the object that policies decide about, before anything is
    fetched: a root field that needs them itself, or any field with a protected argument."""

    field: Field
    owner: str
    needs: Needs


@dataclass(frozen=True, slots=True, eq=False)
class Concern:
    """``needs`` are the requirements with policies that stand anywhere in the operation."""

    needs: Needs
    questions: tuple[ArgumentQuestion, ...]


NO_CONCERN = Concern(NO_NEEDS, ())


def find_concern(
    operation: NormalizedOperation, rules: AuthorizationRules, roots: frozenset[str]
) -> Concern:
    """``roots`` are the names of the root types, whose fields have no object but their arguments.

    Visits each selection set once: equal ones are shared."""
    inputs = InputNeeds(rules.index)
    needs: set[int] = set()
    questions: list[ArgumentQuestion] = []
    for field, selection in _fields(operation.selection):
        owners = (selection.possible if field.types is None else field.types).union(*field.meant)
        given = inputs.of(field, owners) if field.arguments else NO_NEEDS
        for owner in owners:
            needs |= rules.index.fields.get((owner, field.name), NO_NEEDS)
            needs |= rules.index.types.get(owner, NO_NEEDS)
        needs |= given
        if selection.type in roots:
            given |= own_needs(selection.type, field.name, rules)
            given |= rules.index.types.get(selection.type, NO_NEEDS)
        if given & rules.with_policies:
            owner = min(owners) if len(owners) == 1 else field.parent
            questions.append(ArgumentQuestion(field, owner, given & rules.with_policies))
    return Concern(frozenset(needs) & rules.with_policies, tuple(questions))


def own_needs(owner: str, name: str, rules: AuthorizationRules) -> Needs:
    """What a field asks for itself, beside what the objects on either end do."""
    return rules.index.own.get((owner, name), NO_NEEDS)


def _fields(root: SelectionSet) -> Iterator[tuple[Field, SelectionSet]]:
    seen = {id(root)}
    pending = [root]
    while pending:
        selection = pending.pop()
        for field in selection.fields:
            yield field, selection
            below = field.selection
            if below is not None and id(below) not in seen:
                seen.add(id(below))
                pending.append(below)
