"""The whole configuration as one immutable value."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from trellis.router.config.auth import Auth
from trellis.router.config.authorization import Authorization
from trellis.router.config.cost import Cost
from trellis.router.config.http import Cors, HeaderPropagation, Http
from trellis.router.config.limits import Limits, StreamLimits
from trellis.router.config.observability import Logs, Metrics
from trellis.router.config.rate_limits import RateLimits
from trellis.router.config.rest import Rest
from trellis.router.config.subgraphs import SubgraphSource, subgraph_source
from trellis.router.config.traffic import Traffic


class Config(BaseSettings):
    """The whole configuration. Immutable; made by ``load_config``."""

    model_config = SettingsConfigDict(
        env_prefix="TRELLIS_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    mode: Literal["development", "production"] = Field(
        default="development",
        description="development serves GraphiQL, introspection and query plans; production none",
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(
        default=4000, ge=0, le=65535, description="port to listen on; 0 takes a free one"
    )
    workers: int = Field(default=1, ge=1, description="processes; each uses one core")
    data_dir: Path = Field(
        default=Path(".trellis"),
        description="folder of databases, keys and files of this installation",
    )
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL for all subgraphs, a schema each; without it SQLite files. "
        "`TRELLIS_DATABASE_URL__NAME` in the environment is that of one subgraph",
    )
    redis_url: str | None = Field(
        default=None, description="Redis for events and shared counters; without it in memory"
    )
    schema_dir: Path = Field(
        default=Path("schema"), description="folder of the generated SDL files"
    )
    supergraph: Path | None = Field(
        default=None, description="supergraph SDL composed earlier; without it composed at start"
    )
    operations_dir: Path = Field(
        default=Path("persisted_queries"),
        description="folder of stored operations and REST routes; an installed package keeps those "
        "of the demo graph, with its trellis.toml, in `share/trellis` below `sys.prefix`",
    )
    seed: bool = Field(
        default=True, description="write demo data on the first start of `trellis dev`"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what is logged"
    )
    shutdown_seconds: int = Field(
        default=30, ge=0, description="time for requests in flight to end"
    )
    subgraphs: dict[str, Annotated[SubgraphSource, BeforeValidator(subgraph_source)]] = Field(
        default_factory=dict,
        description="name = `module:attribute`, a URL, or a table with the keys of SubgraphSource",
    )
    override_labels: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(
        default_factory=dict,
        description="label of a progressive `@override` = percent of the requests for "
        "which the field is already requested from its new subgraph; 0 by "
        "default",
    )
    limits: Limits = Field(default=Limits(), description="see Limits")
    websocket: StreamLimits = Field(default=StreamLimits(), description="see StreamLimits")
    traffic: Traffic = Field(default=Traffic(), description="see Traffic")
    cost: Cost = Field(default=Cost(), description="see Cost")
    auth: Auth = Field(default=Auth(), description="see Auth")
    authorization: Authorization = Field(default=Authorization(), description="see Authorization")
    rate_limit: RateLimits = Field(default=RateLimits(), description="see RateLimits")
    http: Http = Field(default=Http(), description="see Http")
    cors: Cors = Field(default=Cors(), description="see Cors")
    rest: Rest = Field(default=Rest(), description="see Rest")
    headers: HeaderPropagation = Field(
        default=HeaderPropagation(), description="see HeaderPropagation"
    )

    logs: Logs = Field(default=Logs(), description="see Logs")
    metrics: Metrics = Field(default=Metrics(), description="see Metrics")

    @model_validator(mode="after")
    def _forwards_idempotency_keys(self) -> Self:
        """Without the key, a subgraph could not recognize a repeated mutation."""
        allowed = {name.lower() for name in self.headers.allow}
        for name, source in self.subgraphs.items():
            if source.writes == "idempotent" and "idempotency-key" not in allowed:
                raise ValueError(
                    f"`subgraphs.{name}.writes`: `idempotent` needs `idempotency-key` in "
                    "`headers.allow`"
                )
        return self

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The web pages that may call in this mode."""
        more = self.cors.development_origins if self.is_development else ()
        return (*self.cors.origins, *more)

    @property
    def is_development(self) -> bool:
        return self.mode == "development"
