"""Subgraphs named by the configuration: imported, reached by URL, or clearly missing."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.shared import ROOT
from tests.support.shop import catalog
from trellis.router.config import Config, SubgraphSource
from trellis.router.errors import ConfigError
from trellis.router.loading.members import fetch_sdl, load_member, load_members
from trellis.router.loading.supergraph import transport_to
from trellis.router.transports.base import SubgraphRequest
from trellis.router.transports.local import LocalTransport
from trellis.router.transports.resilient import ResilientTransport
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

SHOP = "tests.support.shop"
SDL = ROOT / "schema" / "subgraphs" / "issues.graphql"


def test_a_module_and_attribute_is_imported():
    member = load_member("catalog", SubgraphSource(module=f"{SHOP}:catalog"))
    assert member.local is catalog
    assert "type Product" in member.sdl


@pytest.mark.parametrize("schema_class", ["strawberry.Schema", "strawberry.federation.Schema"])
async def test_a_strawberry_schema_is_a_subgraph(
    schema_class: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    module = f"plain_{schema_class.count('.')}"
    (tmp_path / f"{module}.py").write_text(_SCHEMA.format(schema_class), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    member = load_member("fleet", SubgraphSource(module=f"{module}:schema"))
    context = RequestContext(identity=Identity(kind="user", username="ada"))

    assert member.local is not None
    assert member.local.name == "fleet"
    assert "captain: String!" in member.sdl
    asked = SubgraphRequest("fleet", "{ captain }", context=context)
    assert (await LocalTransport(member.local).send(asked)).data == {"captain": "ada"}


_SCHEMA = """
import strawberry


@strawberry.type
class Query:
    @strawberry.field
    def captain(self, info: strawberry.Info) -> str:
        return info.context.identity.username


schema = {}(query=Query)
"""


def test_members_keep_the_order_of_the_configuration():
    sources = {name: SubgraphSource(module=f"{SHOP}:{name}") for name in ("stock", "catalog")}
    assert [m.name for m in load_members(Config(subgraphs=sources))] == ["stock", "catalog"]


def test_a_subgraph_may_have_a_time_limit_of_its_own():
    """Requirement S4-SVC-04: 5 s by default, 30 s and for code 60 s where a subgraph needs them."""
    for source in (
        {"module": f"{SHOP}:catalog"},
        {"url": "http://127.0.0.1:1/", "schema_file": SDL},
    ):
        for given, expected in ((None, 5), (30, 30), (60, 60)):
            settings = source | {"seconds": given, "errors": "shown"}
            member = load_member("catalog", SubgraphSource.model_validate(settings))
            transport = transport_to(member, Config())
            assert isinstance(transport, LocalTransport | ResilientTransport)
            assert transport.timeout == expected
    for wrong in (0, 61):
        with pytest.raises(ValidationError):
            SubgraphSource(module=f"{SHOP}:catalog", seconds=wrong)


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("a", "shop", "`shop` is not of the form `module:attribute`"),
        ("a", "no.such.module:x", "subgraphs.a: there is no module `no`"),
        ("a", f"{SHOP}.deeper:x", f"subgraphs.a: there is no module `{SHOP}.deeper`"),
        ("a", f"{SHOP}:catalogue", "has no `catalogue`. Did you mean `catalog`?"),
        ("a", f"{SHOP}:Product", "is a type, neither a Strawberry schema nor a"),
        ("a", f"{SHOP}:catalog", "subgraphs.a: the subgraph's own name is `catalog`"),
    ],
)
def test_a_subgraph_that_cannot_be_imported_is_explained(name: str, target: str, message: str):
    with pytest.raises(ConfigError) as caught:
        load_member(name, SubgraphSource(module=target))
    assert message in caught.value.message


def test_an_error_inside_the_module_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "halfway.py").write_text("import not_installed_anywhere\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_installed_anywhere"):
        load_member("a", SubgraphSource(module="halfway:subgraph"))


def test_no_subgraphs_at_all_is_explained():
    with pytest.raises(ConfigError, match=r"list them in trellis\.toml under \[subgraphs\]"):
        load_members(Config())


def test_a_remote_subgraph_may_bring_its_schema_as_a_file(tmp_path: Path):
    file = tmp_path / "a.graphql"
    file.write_text("type Query { a: Int }", encoding="utf-8")
    member = load_member("a", SubgraphSource(url="http://a.example/graphql", schema_file=file))
    assert (member.sdl, member.url) == ("type Query { a: Int }", "http://a.example/graphql")
    file.unlink()
    with pytest.raises(ConfigError, match="cannot read"):
        load_member("a", SubgraphSource(url="http://a.example/graphql", schema_file=file))


def test_a_remote_subgraph_that_is_not_there_is_explained():
    with pytest.raises(ConfigError, match=r"subgraphs\.a: .* cannot be reached"):
        fetch_sdl("a", "http://127.0.0.1:1/graphql", retry_seconds=0)
