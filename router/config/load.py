"""Reads the configuration from trellis.toml and the environment, and exports it to processes."""

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

from trellis.router.config.reference import settings_reference
from trellis.router.config.settings import Config
from trellis.router.errors import ConfigError
from trellis.schema.public_url import VARIABLE as PUBLIC_URL

DEFAULT_FILE = "trellis.toml"


def load_config(file: Path | str | None = None, **overrides: Any) -> Config:
    """Read ``file``, by default the one in ``TRELLIS_CONFIG``, else trellis.toml if it exists.

    Relative paths are relative to the folder of the file. ``overrides`` (the options of a command)
    take precedence over file and environment; None means not set. Raises ConfigError for an unknown
    key, an invalid value, invalid TOML or a missing file.
    """
    path = _find(file)
    values = _read(path) if path else {}
    _refuse_misspelt_environment(os.environ)
    try:
        config = _combine(values, {k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        raise ConfigError(_explain(error, path, overrides)) from None
    except SettingsError as error:  # a whole table in one environment variable must be JSON
        raise ConfigError(f"The environment: {error}.") from None
    base = path.parent if path else Path.cwd()
    return config.model_copy(
        update={
            name: (base / getattr(config, name)).resolve()
            for name in ("data_dir", "schema_dir", "operations_dir", "supergraph")
            if getattr(config, name) is not None
        }
    )


def export_to_subgraphs(config: Config) -> None:
    """Set the environment variables that subgraphs in this process read.

    Subgraphs do not read trellis.toml, so that each can also run on its own.
    """
    settings = {
        "TRELLIS_DATA_DIR": str(config.data_dir),
        "TRELLIS_DATABASE_URL": config.database_url,
        "TRELLIS_REDIS_URL": config.redis_url,
        "TRELLIS_AUTH__ISSUER": config.auth.issuer,
        "TRELLIS_AUTH__AUDIENCE": config.auth.audience,
    }
    os.environ.update({name: value for name, value in settings.items() if value})


def export_public_url(url: str) -> None:
    """Let subgraphs in this process link to ``url``, unless the environment says where to."""
    if not os.environ.get(PUBLIC_URL):
        os.environ[PUBLIC_URL] = url


def export_overrides(file: Path | None, overrides: Mapping[str, Any]) -> None:
    """Make ``load_config()`` return the same configuration in child processes."""
    given = {"config": file, **overrides}
    for name, value in given.items():
        if value is not None:
            os.environ[f"TRELLIS_{name.upper()}"] = str(value)


def _find(file: Path | str | None) -> Path | None:
    named = file or os.environ.get("TRELLIS_CONFIG")
    if named:
        path = Path(named).resolve()
        if not path.is_file():
            raise ConfigError(f"There is no configuration file {named}.")
        return path
    path = Path(DEFAULT_FILE).resolve()
    return path if path.is_file() else None


def _combine(values: dict[str, Any], overrides: dict[str, Any]) -> Config:
    """Merge with the precedence options, environment, file."""

    class Combined(Config):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            options = InitSettingsSource(settings_cls, overrides)
            file = InitSettingsSource(settings_cls, values)
            return options, env_settings, file

    combined = Combined()
    # A plain Config: instances of a local class cannot be pickled for worker processes.
    values = {name: getattr(combined, name) for name in Config.model_fields}
    return Config.model_construct(combined.model_fields_set, **values)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}") from None


def _refuse_misspelt_environment(environment: Mapping[str, str]) -> None:
    """Refuse variables that are similar to a setting. Other unknown variables are allowed, since
    subgraphs and test suites have their own TRELLIS_ variables."""
    known = {f"TRELLIS_{key.upper().replace('.', '__')}" for key, _, _ in settings_reference()}
    for name in environment:
        if not name.startswith("TRELLIS_") or name in known:
            continue
        if any(name.startswith(f"{prefix}__") for prefix in known):
            continue
        if near := difflib.get_close_matches(name, known, 1, 0.9):
            raise ConfigError(f"Unknown environment variable {name}: did you mean {near[0]}?")


def _explain(error: ValidationError, path: Path | None, overrides: Mapping[str, Any]) -> str:
    """One message with all problems. Values are not repeated, because they may be secret."""
    where = path.name if path else "The environment"
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        variable = _variable(problem["loc"])
        if variable is not None and overrides.get(str(problem["loc"][0])) is None:
            lines.append(f"`{variable}` in the environment: {problem['msg']}")
            continue
        if not key:  # settings that do not go together
            lines.append(problem["msg"].removeprefix("Value error, "))
        elif problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, [k for k, _, _ in settings_reference()], 1)
            hint = f" (did you mean `{near[0]}`?)" if near else ""
            lines.append(f"unknown key `{key}`{hint}")
        else:
            lines.append(f"`{key}`: {problem['msg']}")
    is_environment = all(line.startswith("`TRELLIS_") for line in lines)
    return ("" if is_environment else f"{where}: ") + "; ".join(lines)


def _variable(place: Sequence[int | str]) -> str | None:
    """The environment variable that sets the value at ``place``, or None."""
    for length in range(len(place), 0, -1):
        name = "TRELLIS_" + "__".join(str(part) for part in place[:length]).upper()
        if name in os.environ:
            return name
    return None
