"""Lists all settings, from their models."""

from collections.abc import Iterator

from pydantic import BaseModel

from trellis.router.config.settings import Config


def settings_reference(
    section: type[BaseModel] = Config, prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """(key, default, description) of every setting, with tables last."""
    tables = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            tables.append((name, inner))
            continue
        if field.is_required():
            default = None
        else:
            default = field.get_default(call_default_factory=True, validated_data={})
        yield prefix + name, "" if default is None else str(default), field.description or ""
    for name, inner in tables:
        yield from settings_reference(inner, f"{prefix}{name}.")
