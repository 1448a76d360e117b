"""The wheel in a fresh environment, beside a project whose own modules are called like ours."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.installed import Environment, build_wheel
from tests.support.trellis_server import TrellisServer

PROJECT = {
    "db.py": """
        SHIPS = {"1": "Ever Given"}
    """,
    "router.py": """
        def route(ship: str) -> str:
            return f"{ship} by Suez"
    """,
    "schema.py": """
        import strawberry

        import db
        from router import route


        @strawberry.federation.type(keys=["id"])
        class Ship:
            id: strawberry.ID

            @strawberry.field
            def route(self) -> str:
                return route(db.SHIPS[self.id])


        @strawberry.type
        class Query:
            @strawberry.field
            def ships(self) -> list[Ship]:
                return [Ship(id=strawberry.ID(id)) for id in db.SHIPS]
    """,
    "subgraphs/__init__.py": "",
    "subgraphs/fleet.py": """
        from schema import Query
        from trellis.schema.federation import TrellisSchema
        from trellis.schema.subgraph import Subgraph

        subgraph = Subgraph("fleet", TrellisSchema(query=Query), lambda request: request)
    """,
    "trellis.toml": """
        [subgraphs]
        fleet = "subgraphs.fleet:subgraph"
    """,
    "test_graph.py": """
        import asyncio
        from pathlib import Path

        import db
        import router
        import schema
        import subgraphs
        from subgraphs.fleet import subgraph
        from trellis.router import Subgraph, SubgraphResponse, Supergraph, compose


        class InProcess:
            is_in_process = False

            async def send(self, request):
                result = await subgraph.schema.execute(
                    request.query, variable_values=request.variables, context_value=None
                )
                return SubgraphResponse(result.data)


        def test_the_graph_answers_from_our_own_modules():
            here = Path(__file__).parent
            own = [Path(m.__file__).relative_to(here) for m in (db, router, schema, subgraphs)]
            assert [*map(str, own)] == ["db.py", "router.py", "schema.py", "subgraphs/__init__.py"]
            made = compose([Subgraph("fleet", "", subgraph.schema.as_str())])
            graph = Supergraph.load(made.supergraph_sdl)
            answer = asyncio.run(
                graph.execute("{ ships { route } }", transports={"fleet": InProcess()})
            )
            assert answer == {"data": {"ships": [{"route": "Ever Given by Suez"}]}}
    """,
}
DEMO = """
[subgraphs]
issues = "trellis.subgraphs.issues.graph:subgraph"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Trellis without extras, and pytest."""
    return Environment(tmp_path_factory.mktemp("base") / "env", wheel, "pytest")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text).lstrip(), encoding="utf-8")
    return folder


@pytest.fixture
def server(base: Environment, project: Path, tmp_path: Path) -> Iterator[TrellisServer]:
    # Its SDL files go where they go by default: `schema/` beside the project's own `schema.py`.
    (project / "schema").mkdir()
    settings = {"TRELLIS_SCHEMA_DIR": str(project / "schema"), "PYTHONPATH": ""}
    running = TrellisServer(tmp_path, settings, project=project, program=[base.trellis])
    try:
        running.start()
        yield running
    finally:
        running.close()


def test_trellis_dev_serves_a_graph_whose_modules_are_called_like_ours(
    server: TrellisServer, project: Path
):
    assert server.query("{ ships { id route } }") == {
        "data": {"ships": [{"id": "1", "route": "Ever Given by Suez"}]}
    }
    assert (project / "schema" / "subgraphs" / "fleet.graphql").exists()


def test_the_projects_own_tests_import_its_modules_and_ours(base: Environment, project: Path):
    done = base.run(base.python, "-m", "pytest", "-q", "-W", "error", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_router_alone_has_no_package_of_its_extras(base: Environment, tmp_path: Path):
    absent = "sqlmodel sqlalchemy alembic asyncpg aiosqlite broadcaster redis"
    absent += " pwdlib argon2 pyotp aiosmtplib router schema db subgraphs"
    code = f"from importlib.util import find_spec; print([*filter(find_spec, {absent.split()})])"
    done = base.run(base.python, "-c", code, cwd=tmp_path)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("toml", "command", "message"),
    [
        (
            "",
            ("db", "upgrade"),
            "trellis db is not available: trellis.db needs sqlmodel, sqlalchemy, greenlet, "
            "aiosqlite, asyncpg, alembic, broadcaster: pip install 'trellis-graphql[data]'",
        ),
        (
            DEMO,
            ("compose",),
            "error trellis.subgraphs needs sqlmodel, pwdlib, argon2, pyotp, aiosmtplib, obstore, "
            "filetype, PIL, http_ece, reportlab, authlib, stripe, quickjs_rs, tzdata: pip "
            "install 'trellis-graphql[demo]'",
        ),
        (
            'redis_url = "redis://127.0.0.1:1"\n' + PROJECT["trellis.toml"],
            ("serve", "--port", "0"),
            "error trellis.router.rate_limit.shared_store needs redis: "
            "pip install 'trellis-graphql[redis]'",
        ),
    ],
    ids=["data", "demo", "redis"],
)
def test_what_needs_an_extra_says_which(
    base: Environment, project: Path, toml: str, command: tuple[str, ...], message: str
):
    (project / "trellis.toml").write_text(dedent(toml), encoding="utf-8")
    done = base.run(base.trellis, *command, cwd=project)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, message)
    assert "Traceback" not in done.stderr


def test_with_its_extra_the_demo_composes(base: Environment, tmp_path: Path):
    project = tmp_path / "project"
    shutil.copytree(base.folder / "share" / "trellis", project)
    packages = base.packages_of("demo", tmp_path / "packages")
    done = base.run(base.trellis, "compose", cwd=project, path=packages)
    assert done.returncode == 0, done.stderr
    written = {path.stem for path in (project / "schema" / "subgraphs").iterdir()}
    assert written >= {"accounts", "issues", "projects"}
