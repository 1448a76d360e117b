"""The input types of workflows, and how they are checked."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid4

import pydantic
import strawberry
from strawberry import UNSET

from trellis.schema.events.workflows import (
    RuleDefinition,
    StateDefinition,
    StateType,
    TransitionDefinition,
)
from trellis.schema.inputs import Id, InputProblems
from trellis.schema.scalars import JSON
from trellis.subgraphs.workflow_scope.definition import ANY_STATE, read_states, read_transitions
from trellis.subgraphs.workflow_scope.rules import (
    CONDITIONS,
    VALIDATORS,
    Condition,
    Validator,
    misused,
)
from trellis.subgraphs.workflows.models import Description, Name, Workflow
from trellis.subgraphs.workflows.queries import WorkflowFilters
from trellis.subgraphs.workflows.service import NewWorkflow

# Events know nothing of GraphQL: here it becomes known to it.
strawberry.enum(StateType, name="WorkflowStateType")

Item = TypeVar("Item")

_MAX_WORD = 50
_MAX_NAME = 200
Word = Annotated[str, pydantic.Field(max_length=_MAX_WORD)]
MAX_ISSUE_TYPES = 50
MAX_STATES = 50
MAX_TRANSITIONS = 200
MAX_RULES = 10


@strawberry.input(
    name="WorkflowFilters", description="Only workflows that match all members given."
)
class WorkflowFiltersInput:
    project_id: Id | None = None
    is_active: bool | None = None

    def checked(self) -> WorkflowFilters:
        """Raises ``BadUserInput``."""
        return InputProblems().make(WorkflowFilters, self)


@strawberry.input
class WorkflowStateInput:
    name: Word
    type: StateType


@strawberry.input(description="A condition or validator by name.")
class WorkflowRuleInput:
    name: str = strawberry.field(
        description="Conditions: role. Validators: has_assignee, field_required, all_links_closed"
    )
    parameters: JSON | None = strawberry.field(
        default=None,
        description='role: {"roles": ["owner", "admin"]}; field_required: {"field": '
        '"description"}; all_links_closed: {"types": ["is_blocked_by"]}, or none for '
        "all links",
    )


@strawberry.input
class WorkflowTransitionInput:
    name: Name
    from_state: str = strawberry.field(description="The name of a state, or * for every state")
    to_state: str
    conditions: list[WorkflowRuleInput] | None = strawberry.field(
        default=None, description="who may take it; others do not see it"
    )
    validators: list[WorkflowRuleInput] | None = strawberry.field(
        default=None, description="what the issue must satisfy"
    )


@strawberry.input
class CreateWorkflowInput:
    project_id: Id
    name: Name
    description: Description = None
    issue_types: list[str]
    states: list[WorkflowStateInput] = strawberry.field(
        description="exactly one is initial, at least one final"
    )
    transitions: list[WorkflowTransitionInput]
    is_active: bool = strawberry.field(
        default=True,
        description="the project must not have another active workflow for these issue types",
    )

    def checked(self) -> NewWorkflow:
        """Raises ``BadUserInput`` with everything that is not acceptable."""
        problems = InputProblems()
        states = _states(problems, self.states, {})
        transitions = _transitions(problems, self.transitions, {})
        _check_drawing(problems, states, transitions)
        issue_types = _issue_types(problems, self.issue_types)
        drawn = {"issue_types": issue_types, "states": states, "transitions": transitions}
        return problems.make(NewWorkflow, self, **drawn)


@strawberry.input(
    description="Members that are absent are not changed. States keep their ids by name, "
    "transitions by name and source state."
)
class UpdateWorkflowInput:
    name: Name | None = UNSET
    description: Description = UNSET
    issue_types: list[str] | None = UNSET
    states: list[WorkflowStateInput] | None = UNSET
    transitions: list[WorkflowTransitionInput] | None = UNSET
    version: int | None = strawberry.field(
        default=None, description="the expected version of the workflow; another one is a conflict"
    )

    def checked(self, current: Workflow) -> dict[str, Any]:
        """The changes by name. Raises ``BadUserInput``."""
        problems = InputProblems()
        drawing = ("issue_types", "states", "transitions")
        changes = problems.members(self, skip=("version",), never_null=("name", *drawing))
        if isinstance(self.issue_types, list):
            changes["issue_types"] = _issue_types(problems, self.issue_types)
        states, transitions = read_states(current.states), read_transitions(current.transitions)
        if isinstance(self.states, list):
            known = {one.name: one.id for one in states}
            changes["states"] = states = _states(problems, self.states, known)
        if isinstance(self.transitions, list):
            ids = {(one.name, one.from_state): one.id for one in transitions}
            changes["transitions"] = _transitions(problems, self.transitions, ids)
            transitions = changes["transitions"]
        _check_drawing(problems, states, transitions)
        problems.raise_any()
        return changes


def _issue_types(problems: InputProblems, words: Sequence[str]) -> tuple[str, ...]:
    field = "issueTypes"
    found = tuple(problems.text(f"{field}.{n}", word, maximum=_MAX_WORD) for n, word in _few(words))
    _check_count(problems, field, words, MAX_ISSUE_TYPES)
    _check_unique(problems, field, found)
    return found


def _states(
    problems: InputProblems, given: Sequence[WorkflowStateInput], known: Mapping[str, UUID]
) -> tuple[StateDefinition, ...]:
    """The states; one keeps the id that ``known`` has for its name."""
    _check_count(problems, "states", given, MAX_STATES)
    states: list[StateDefinition] = []
    for n, one in _few(given):
        name = problems.text(f"states.{n}.name", one.name, maximum=_MAX_WORD)
        if name == ANY_STATE:
            message = f"{ANY_STATE} means every state and cannot be the name of one."
            problems.add(f"states.{n}.name", "INVALID_FORMAT", message)
        states.append(StateDefinition(id=known.get(name, uuid4()), name=name, type=one.type))
    return tuple(states)


def _transitions(
    problems: InputProblems,
    given: Sequence[WorkflowTransitionInput],
    known: Mapping[tuple[str, str], UUID],
) -> tuple[TransitionDefinition, ...]:
    """The transitions; one keeps the id that ``known`` has for its name and ``from_state``."""
    _check_count(problems, "transitions", given, MAX_TRANSITIONS, least=0)
    transitions: list[TransitionDefinition] = []
    for n, one in _few(given):
        place = f"transitions.{n}"
        name = problems.text(f"{place}.name", one.name, maximum=_MAX_NAME)
        from_state = one.from_state.strip()
        transitions.append(
            TransitionDefinition(
                id=known.get((name, from_state), uuid4()),
                name=name,
                from_state=from_state,
                to_state=one.to_state.strip(),
                conditions=_rules(problems, f"{place}.conditions", one.conditions, CONDITIONS),
                validators=_rules(problems, f"{place}.validators", one.validators, VALIDATORS),
            )
        )
    return tuple(transitions)


def _rules(
    problems: InputProblems,
    place: str,
    given: Sequence[WorkflowRuleInput] | None,
    known: Mapping[str, Condition] | Mapping[str, Validator],
) -> tuple[RuleDefinition, ...]:
    rules: list[RuleDefinition] = []
    _check_count(problems, place, given or (), MAX_RULES, least=0)
    for n, one in _few(given or ()):
        parameters: Any = one.parameters if one.parameters is not None else {}
        if not isinstance(parameters, dict):
            field = f"{place}.{n}.parameters"
            problems.add(field, "INVALID_FORMAT", f"{field} must be a JSON object.")
            continue
        rule = RuleDefinition(name=one.name, parameters=parameters)
        if wrong := misused(rule, known):
            field = f"{place}.{n}.name"
            code = "INVALID_FORMAT" if one.name in known else "INVALID_ENUM_VALUE"
            problems.add(field, code, f"{one.name if one.name in known else field} {wrong}.")
        rules.append(rule)
    return tuple(rules)


def _check_drawing(
    problems: InputProblems,
    states: Sequence[StateDefinition],
    transitions: Sequence[TransitionDefinition],
) -> None:
    """One initial state, a final one, and transitions between states that are declared."""
    kinds = Counter(state.type for state in states)
    if kinds[StateType.INITIAL] != 1:
        problems.add("states", "INVALID_FORMAT", "Exactly one of the states must be initial.")
    if not kinds[StateType.FINAL]:
        problems.add("states", "INVALID_FORMAT", "At least one of the states must be final.")
    names = [state.name for state in states]
    _check_unique(problems, "states", names)
    _check_unique(problems, "transitions", [(one.name, one.from_state) for one in transitions])
    for n, one in enumerate(transitions):
        place = f"transitions.{n}"
        if one.from_state != ANY_STATE:
            problems.one_of(f"{place}.fromState", one.from_state, names)
        problems.one_of(f"{place}.toState", one.to_state, names)
        if one.from_state == one.to_state:
            message = "A transition must lead to another state."
            problems.add(f"{place}.toState", "INVALID_FORMAT", message)


def _few(given: Sequence[Item]) -> Iterable[tuple[int, Item]]:
    """As many as any list may have: longer ones are reported as too long."""
    return enumerate(given[:MAX_TRANSITIONS])


def _check_count(
    problems: InputProblems, field: str, given: Sequence[Any], most: int, *, least: int = 1
) -> None:
    if len(given) < least:
        problems.add(field, "REQUIRED_FIELD_MISSING", f"{field} must not be empty.")
    if len(given) > most:
        problems.add(field, "VALUE_TOO_LONG", f"{field} may have {most} elements at most.")


def _check_unique(problems: InputProblems, field: str, names: Sequence[Any]) -> None:
    if len(set(names)) < len(names):
        problems.add(field, "INVALID_FORMAT", f"{field} must not have the same twice.")
