"""Moves equal objects of several responses to components, named by their GraphQL type.

If a type occurs with different members, the most frequent selection becomes the component; of the
types that the dialect's own document describes, the selection with the most members.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator

import orjson

from trellis.router.rest.openapi.json_schema import NULL, JsonSchema

_MIN_MEMBERS = 2


def share_objects(schemas: dict[str, JsonSchema], described: Collection[str] = ()) -> None:
    """Replace titled objects that occur several times in ``schemas`` by references, in place.
    ``described`` are the types that the document of the dialect describes."""
    while chosen := _most_used(schemas, described):
        # Innermost first: once these are references, the objects that contain them may be equal.
        replace = _replacer(chosen)
        for name, schema in schemas.items():
            schemas[name] = _rewritten(schema, replace)
        schemas |= {title: orjson.loads(text) for title, text in chosen.items()}


def _most_used(schemas: dict[str, JsonSchema], described: Collection[str]) -> dict[str, bytes]:
    """The objects to share that contain no other such object, by title."""
    counts: dict[str, Counter[bytes]] = {}
    for whole in schemas.values():
        for schema in _objects(whole):
            bare = _bare(schema)
            if bare["title"] not in schemas and len(bare["properties"]) >= _MIN_MEMBERS:
                counts.setdefault(bare["title"], Counter())[orjson.dumps(bare)] += 1
    ready: dict[str, bytes] = {}
    for title, found in counts.items():
        often = [(text, count) for text, count in found.most_common() if count > 1]
        if often and title in described:
            often.sort(key=lambda one: len(orjson.loads(one[0])["properties"]), reverse=True)
        if often:
            ready[title] = often[0][0]
    return {title: text for title, text in ready.items() if not _contains(text, ready)}


def _contains(text: bytes, shared: dict[str, bytes]) -> bool:
    inner = orjson.loads(text)["properties"]
    return any(
        shared.get(schema["title"]) == orjson.dumps(_bare(schema))
        for member in inner.values()
        for schema in _objects(member)
    )


def _replacer(chosen: dict[str, bytes]) -> Callable[[JsonSchema], JsonSchema]:
    def replace(schema: JsonSchema) -> JsonSchema:
        bare = _bare(schema)
        if chosen.get(bare["title"]) != orjson.dumps(bare):
            return schema
        reference: JsonSchema = {"$ref": f"#/components/schemas/{bare['title']}"}
        if schema["type"] != "object":
            reference = {"anyOf": [reference, NULL]}
        if "description" in schema:
            reference["description"] = schema["description"]
        return reference

    return replace


def _bare(schema: JsonSchema) -> JsonSchema:
    """The object without the description of its member."""
    bare = {name: value for name, value in schema.items() if name != "description"}
    return {**bare, "type": "object"}


def _objects(schema: JsonSchema) -> Iterator[JsonSchema]:
    if "title" in schema and "properties" in schema:
        yield schema
    for inner in _inner(schema):
        yield from _objects(inner)


def _inner(schema: JsonSchema) -> Iterator[JsonSchema]:
    yield from schema.get("properties", {}).values()
    if isinstance(schema.get("items"), dict):
        yield schema["items"]
    yield from schema.get("anyOf", ())


def _rewritten(schema: JsonSchema, replace: Callable[[JsonSchema], JsonSchema]) -> JsonSchema:
    """The schema with its objects replaced, innermost first."""
    changed = dict(schema)
    if "properties" in schema:
        members = schema["properties"].items()
        changed["properties"] = {name: _rewritten(member, replace) for name, member in members}
    if isinstance(schema.get("items"), dict):
        changed["items"] = _rewritten(schema["items"], replace)
    if "anyOf" in schema:
        changed["anyOf"] = [_rewritten(choice, replace) for choice in schema["anyOf"]]
    if "title" in changed and "properties" in changed:
        return replace(changed)
    return changed
