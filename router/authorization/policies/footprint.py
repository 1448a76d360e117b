"""Which policies an operation involves; found once per operation, for all callers."""

from dataclasses import dataclass

from trellis.router.authorization.inputs import InputRequirements
from trellis.router.authorization.rules.index import (
    NO_REQUIREMENTS,
    AuthorizationRules,
    RequirementIds,
)
from trellis.router.operation.model import Field, NormalizedOperation, each_field


@dataclass(frozen=True, slots=True, eq=False)
class ArgumentCheck:
    """A field about whose arguments policies decide before anything is fetched: a root field with
    policies of its own, or any field with a protected argument.

    ``owner`` is the type name that policies see. ``owners`` are the object types that may have the
    field. ``own`` is required independent of the argument values.
    """

    field: Field
    owner: str
    owners: frozenset[str]
    own: RequirementIds

    def needs(self, inputs: InputRequirements) -> RequirementIds:
        """The requirements of the field with these inputs."""
        return self.own | inputs.of(self.field, self.owners)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyFootprint:
    """``needs`` are the requirements with policies that the operation may involve; ``fetched`` are
    those of the selected types and fields, independent of the variables."""

    needs: RequirementIds
    fetched: RequirementIds
    argument_checks: tuple[ArgumentCheck, ...]


NO_FOOTPRINT = PolicyFootprint(NO_REQUIREMENTS, NO_REQUIREMENTS, ())


def find_footprint(
    operation: NormalizedOperation, rules: AuthorizationRules, roots: frozenset[str]
) -> PolicyFootprint:
    """Find the policies that an operation involves. ``roots`` are the names of the root types:
    their fields have no parent object, so policies decide about the arguments."""
    inputs = InputRequirements(rules.index)
    fetched: set[int] = set()
    possible: set[int] = set()
    checks: list[ArgumentCheck] = []
    for field, selection in each_field(operation.selection):
        owners = (selection.possible if field.types is None else field.types).union(
            *field.type_conditions
        )
        for owner in owners:
            fetched |= rules.index.fields.get((owner, field.name), NO_REQUIREMENTS)
            fetched |= rules.index.types.get(owner, NO_REQUIREMENTS)
        own = NO_REQUIREMENTS
        if selection.type in roots:
            own |= own_requirements(selection.type, field.name, rules)
            own |= rules.index.types.get(selection.type, NO_REQUIREMENTS)
        named = min(owners) if len(owners) == 1 else field.parent
        check = ArgumentCheck(field, named, owners, own)
        needs = check.needs(inputs) & rules.with_policies
        if needs:
            possible |= needs
            checks.append(check)
    with_policies = frozenset(fetched) & rules.with_policies
    return PolicyFootprint(with_policies | possible, with_policies, tuple(checks))


def own_requirements(owner: str, name: str, rules: AuthorizationRules) -> RequirementIds:
    """The requirements of a field itself, without those of its parent and result types."""
    return rules.index.own.get((owner, name), NO_REQUIREMENTS)
