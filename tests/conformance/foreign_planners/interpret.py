"""Runs a query plan in the JSON form that Apollo's and Hive's planners share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    parse,
    value_from_ast_untyped,
)

Ask = Callable[[str, str, dict[str, Any]], dict[str, Any]]
Node = Mapping[str, Any]


class Refused(Exception):
    """A subgraph answered with errors."""


class Interpreter:
    """``ask(service, query, variables)`` reaches a subgraph; ``schema`` tells which object types
    an abstract one has (the supergraph's or the API's)."""

    def __init__(self, schema: GraphQLSchema, ask: Ask, variables: Mapping[str, Any]) -> None:
        self.schema, self.ask, self.variables = schema, ask, dict(variables)
        self.data: dict[str, Any] = {}

    def run(self, plan: Node) -> dict[str, Any]:
        """Execute the plan and return the merged data, before any projection."""
        if plan.get("node"):
            self._node(plan["node"], [self.data])
        return self.data

    def _node(self, node: Node, targets: list[Any]) -> None:
        match node["kind"]:
            case "Sequence" | "Parallel":
                for child in node["nodes"]:
                    self._node(child, targets)
            case "Flatten":
                self._node(node["node"], list(self._walk(targets, node["path"])))
            case "Fetch":
                self._fetch(node, targets)
            case "BatchFetch":
                self._batch(node, targets)
            case "Condition":
                side = "ifClause" if self.variables.get(node["condition"]) else "elseClause"
                if node.get(side):
                    self._node(node[side], targets)
            case kind:
                raise NotImplementedError(kind)

    def _send(self, node: Node, extra: dict[str, Any]) -> dict[str, Any]:
        names = node.get("variableUsages") or ()
        variables = {n: self.variables[n] for n in names if n in self.variables}
        answer = self.ask(node["serviceName"], node["operation"], {**variables, **extra})
        if answer.get("errors"):
            raise Refused(f"{node['serviceName']}: {json.dumps(answer['errors'])[:300]}")
        return answer["data"] or {}

    def _fetch(self, node: Node, targets: list[Any]) -> None:
        if not node.get("requires"):
            data = self._send(node, {})
            self._rewrite_all(data, node.get("outputRewrites"))
            for target in targets:
                _merge(target, data)
            return
        found = list(self._representations(node, targets))
        if not found:
            return
        data = self._send(node, {"representations": [r for _, r in found]})
        for (target, _), entity in zip(found, data["_entities"], strict=True):
            self._accept(target, entity, node)

    def _batch(self, node: Node, targets: list[Any]) -> None:
        wanted = []
        variables: dict[str, Any] = {}
        for alias in node["entityBatch"]["aliases"]:
            places = [t for path in alias["paths"] for t in self._walk(targets, path)]
            found = list(self._representations(alias, places))
            variables[alias["representationsVariableName"]] = [r for _, r in found]
            wanted.append((alias, found))
        if not any(variables.values()):
            return
        data = self._send(node, variables)
        for alias, found in wanted:
            for (target, _), entity in zip(found, data[alias["alias"]], strict=True):
                self._accept(target, entity, alias)

    def _accept(self, target: Any, entity: Any, node: Node) -> None:
        if entity is not None:
            self._rewrite_all(entity, node.get("outputRewrites"))
            # An interface object says its interface's name; the object's own is known already.
            if is_abstract_type(self.schema.type_map.get(entity.get("__typename", ""))):
                entity = {**entity, "__typename": target.get("__typename")}
            _merge(target, entity)

    def _representations(self, node: Node, targets: list[Any]) -> Iterator[tuple[Any, Any]]:
        for target in targets:
            if isinstance(target, dict):
                selected = self._select(node["requires"], target)
                if selected and set(selected) != {"__typename"}:
                    selected.setdefault("__typename", target.get("__typename"))
                    self._rewrite_all(selected, node.get("inputRewrites"))
                    yield target, selected

    def _select(self, selections: Any, value: Any) -> Any:
        if isinstance(value, list):
            return [self._select(selections, item) for item in value]
        if not isinstance(value, dict):
            return value
        result: dict[str, Any] = {}
        for node in selections:
            if node["kind"] == "InlineFragment":
                if self.fits(value, node.get("typeCondition")):
                    _merge(result, self._select(node["selections"], value))
                continue
            key = node.get("alias") or node["name"]
            if key not in value:
                return {}  # an incomplete entity is not asked for
            inner = value[key]
            result[key] = (
                self._select(node["selections"], inner) if node.get("selections") else inner
            )
        return result

    def fits(self, value: Mapping[str, Any], condition: str | None) -> bool:
        """Whether the object is of the type, as far as its ``__typename`` is known."""
        actual = value.get("__typename")
        if condition is None or actual is None or actual == condition:
            return True
        wider = self.schema.type_map.get(condition)
        return is_abstract_type(wider) and any(
            t.name == actual for t in self.schema.get_possible_types(wider)
        )

    def _walk(self, targets: list[Any], path: Any) -> Iterator[Any]:
        for target in targets:
            yield from self._walk_one(target, list(path))

    def _walk_one(self, value: Any, path: list[Any]) -> Iterator[Any]:
        if isinstance(value, list):
            rest = path[1:] if path and path[0] == "@" else path
            for item in value:
                yield from self._walk_one(item, rest)
        elif isinstance(value, dict):
            if not path:
                yield value
                return
            step, rest = path[0], path[1:]
            name, types = _step(step)
            if name is None:
                if types is None or any(self.fits(value, t) for t in types):
                    yield from self._walk_one(value, rest)
            elif name in value:
                # In Apollo's form a condition speaks of the value reached.
                conditioned = [{"TypeCondition": types}, *rest] if types else rest
                if types and rest and rest[0] == "@":
                    conditioned = ["@", {"TypeCondition": types}, *rest[1:]]
                yield from self._walk_one(value[name], conditioned)

    def _rewrite_all(self, data: Any, rewrites: Any) -> None:
        for rewrite in rewrites or ():
            inner = next(
                (rewrite[k] for k in ("ValueSetter", "KeyRenamer") if k in rewrite), rewrite
            )
            self._rewrite(data, [_rewrite_step(s) for s in inner["path"]], inner)

    def _rewrite(self, data: Any, path: list[Any], rewrite: Node) -> None:
        if isinstance(data, list):
            for item in data:
                self._rewrite(item, path, rewrite)
        elif isinstance(data, dict) and path:
            step, rest = path[0], path[1:]
            if isinstance(step, tuple):
                if any(self.fits(data, t) for t in step):
                    self._rewrite(data, rest, rewrite)
            elif rest:
                self._rewrite(data.get(step), rest, rewrite)
            elif step in data and "setValueTo" in rewrite:
                data[step] = rewrite["setValueTo"]
            elif step in data:
                data[rewrite["renameKeyTo"]] = data.pop(step)


def _step(step: Any) -> tuple[str | None, list[str] | None]:
    """(field, types) of a path step in either planner's form; ``@`` is None, None."""
    if isinstance(step, dict):
        return step.get("Field"), step.get("TypeCondition")
    if step == "@":
        return None, None
    if "|[" in step:
        name, types = step.split("|[", 1)
        return name or None, types.rstrip("]").split(",")
    return step, None


def _rewrite_step(step: Any) -> Any:
    if isinstance(step, dict):
        return tuple(step["TypenameEquals"]) if "TypenameEquals" in step else step["Key"]
    return (step.removeprefix("... on "),) if step.startswith("... on ") else step


def _merge(into: Any, new: Any) -> None:
    if isinstance(into, dict) and isinstance(new, dict):
        for key, value in new.items():
            if isinstance(into.get(key), dict | list) and value is not None:
                _merge(into[key], value)
            else:
                into[key] = value
    elif isinstance(into, list) and isinstance(new, list):
        for left, right in zip(into, new, strict=True):
            _merge(left, right)


def answer(interpreter: Interpreter, operation: str) -> Any:
    """What the client would get of the merged data: its own keys, in a plain projection."""
    document = parse(operation)
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    root = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))

    def is_on(node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                value = value_from_ast_untyped(directive.arguments[0].value, interpreter.variables)
                if bool(value) is (directive.name.value == "skip"):
                    return False
        return True

    def project(selections: SelectionSetNode, value: Any, into: dict[str, Any]) -> dict[str, Any]:
        for node in filter(is_on, selections.selections):
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                inner = value.get(key)
                into[key] = descend(node.selection_set, inner, into.get(key))
                continue
            is_spread = isinstance(node, FragmentSpreadNode)
            fragment: Any = fragments[node.name.value] if is_spread else node
            condition = getattr(fragment, "type_condition", None)
            if interpreter.fits(value, condition.name.value if condition else None):
                project(fragment.selection_set, value, into)
        return into

    def descend(selections: SelectionSetNode | None, value: Any, before: Any) -> Any:
        if selections is None or value is None:
            return value
        if isinstance(value, list):
            earlier = before or [None] * len(value)
            return [descend(selections, v, b) for v, b in zip(value, earlier, strict=True)]
        return project(selections, value, before or {})

    interpreter.data.setdefault("__typename", root.operation.value.capitalize())
    return project(root.selection_set, interpreter.data, {})
