"""A plan for people (text) and for tools (JSON)."""

from typing import Any

from router.planner.plan import FetchStep, QueryPlan


def to_json(plan: QueryPlan) -> dict[str, Any]:
    """The plan as ``extensions.queryPlan``: one object per step, in order."""
    return {
        "kind": "QueryPlan",
        "operation": plan.kind,
        "steps": [_step(step) for step in plan.steps],
    }


def to_text(plan: QueryPlan) -> str:
    """One line per step with what it waits for and why, its operation below."""
    lines = []
    for step in plan.steps:
        after = f" after {', '.join(map(str, step.after))}" if step.after else ""
        why = f"  # {'; '.join(step.why)}" if step.why else ""
        lines += [f"{step.id}: {step.service}{after}{why}", f"   {step.operation}"]
    return "\n".join(lines)


def _step(step: FetchStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "service": step.service,
        "kind": step.kind,
        "operation": step.operation,
        "after": list(step.after),
        "why": list(step.why),
    }
