"""Which policies an operation is concerned with; found once per operation, for all callers."""

from dataclasses import dataclass

from trellis.router.authorization.inputs import InputNeeds
from trellis.router.authorization.rules.index import NO_NEEDS, AuthorizationRules, Needs
from trellis.router.operation.model import Field, NormalizedOperation, each_field


@dataclass(frozen=True, slots=True, eq=False)
class ArgumentQuestion:
    """A field whose arguments are the object that policies decide about, before anything is
    fetched: a root field that needs them itself, or any field with a protected argument.
    ``owner`` names the type in the object, ``owners`` are the object types that may have the field;
    ``own`` is needed whatever values are given."""

    field: Field
    owner: str
    owners: frozenset[str]
    own: Needs

    def needs(self, inputs: InputNeeds) -> Needs:
        """What must be met, if ``inputs`` are given."""
        return self.own | inputs.of(self.field, self.owners)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyFootprint:
    """``needs`` are the requirements with policies that may stand anywhere in the operation,
    ``fetched`` those of what it asks for, whatever values its variables have."""

    needs: Needs
    fetched: Needs
    questions: tuple[ArgumentQuestion, ...]


NO_FOOTPRINT = PolicyFootprint(NO_NEEDS, NO_NEEDS, ())


def find_footprint(
    operation: NormalizedOperation, rules: AuthorizationRules, roots: frozenset[str]
) -> PolicyFootprint:
    """``roots`` are the names of the root types, whose fields have no object but their
    arguments."""
    inputs = InputNeeds(rules.index)
    fetched: set[int] = set()
    possible: set[int] = set()
    questions: list[ArgumentQuestion] = []
    for field, selection in each_field(operation.selection):
        owners = (selection.possible if field.types is None else field.types).union(*field.meant)
        for owner in owners:
            fetched |= rules.index.fields.get((owner, field.name), NO_NEEDS)
            fetched |= rules.index.types.get(owner, NO_NEEDS)
        own = NO_NEEDS
        if selection.type in roots:
            own |= own_needs(selection.type, field.name, rules)
            own |= rules.index.types.get(selection.type, NO_NEEDS)
        named = min(owners) if len(owners) == 1 else field.parent
        question = ArgumentQuestion(field, named, owners, own)
        needs = question.needs(inputs) & rules.with_policies
        if needs:
            possible |= needs
            questions.append(question)
    with_policies = frozenset(fetched) & rules.with_policies
    return PolicyFootprint(with_policies | possible, with_policies, tuple(questions))


def own_needs(owner: str, name: str, rules: AuthorizationRules) -> Needs:
    """What a field asks for itself, beside what the objects on either end do."""
    return rules.index.own.get((owner, name), NO_NEEDS)
