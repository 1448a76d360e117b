"""trellis.toml and the environment, read into one immutable Config."""

import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from trellis.router.config import Config, load_config, settings_reference
from trellis.router.errors import ConfigError


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TRELLIS_CONFIG", "TRELLIS_DATA_DIR", "TRELLIS_PORT", "TRELLIS_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def written(text: str) -> Path:
    path = Path("trellis.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_without_file_and_environment_the_defaults_hold():
    config = load_config()
    assert (config.host, config.port, config.mode) == ("127.0.0.1", 4000, "development")
    assert config.data_dir == Path(".trellis").resolve()
    assert config.subgraphs == {}
    assert config.limits.body_bytes == 2_000_000


def test_a_subgraph_is_a_module_attribute_a_url_or_a_table():
    config = load_config(
        written(
            "[subgraphs]\n"
            'orders = "shop.orders:subgraph"\n'
            'prices = "https://prices.example/graphql"\n'
            'stock = { url = "http://stock/graphql", schema_file = "stock.graphql" }\n'
        )
    )
    assert config.subgraphs["orders"].module == "shop.orders:subgraph"
    assert config.subgraphs["prices"].url == "https://prices.example/graphql"
    assert config.subgraphs["stock"].schema_file == Path("stock.graphql")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch):
    file = written('port = 1\n[limits]\ndepth = 5\ntokens = 7\n[subgraphs]\na = "x:y"\nb = "x:z"\n')
    monkeypatch.setenv("TRELLIS_PORT", "2")
    monkeypatch.setenv("TRELLIS_LIMITS__DEPTH", "6")
    monkeypatch.setenv("TRELLIS_SUBGRAPHS__B", "http://b.example/graphql")
    config = load_config(file)
    assert config.port == 2
    assert (config.limits.depth, config.limits.tokens) == (6, 7)
    assert config.subgraphs["a"].module == "x:y"
    assert config.subgraphs["b"].url == "http://b.example/graphql"


def test_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRELLIS_PORT", "2")
    assert load_config(port=3).port == 3
    assert load_config(port=None).port == 2


def test_folders_are_taken_from_the_folder_of_the_file(tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "trellis.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    assert load_config(inner / "trellis.toml").data_dir == inner / "data"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1\n", "trellis.toml: unknown key `prot` (did you mean `port`?)"),
        (
            "[limits]\ndeth = 1\n",
            "trellis.toml: unknown key `limits.deth` (did you mean `limits.depth`?)",
        ),
        (
            "[limits]\ndepth = 0\n",
            "trellis.toml: `limits.depth`: Input should be greater than 0",
        ),
        (
            'mode = "debug"\n',
            "trellis.toml: `mode`: Input should be 'development' or 'production'",
        ),
        (
            '[subgraphs]\npay = { url = "http://pay/", writes = "idempotent" }\n',
            "trellis.toml: `subgraphs.pay.writes`: `idempotent` needs `idempotency-key` in "
            "`headers.allow`",
        ),
        ("port = \n", "trellis.toml is not valid TOML: Invalid value (at line 1, column 8)"),
    ],
)
def test_a_slip_in_the_file_is_named(text: str, message: str):
    with pytest.raises(ConfigError) as caught:
        load_config(written(text))
    assert caught.value.message == message


def test_a_misspelt_variable_is_an_error_and_a_foreign_one_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRELLIS_FEATURE_OF_A_SUBGRAPH", "1")
    load_config()
    monkeypatch.setenv("TRELLIS_LIMITS__DEPHT", "1")
    with pytest.raises(ConfigError, match="did you mean TRELLIS_LIMITS__DEPTH"):
        load_config()


def test_databases_of_single_subgraphs_are_left_to_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRELLIS_DATABASE_URL__PROJECTS", "postgresql://x")
    assert load_config().database_url is None


def test_a_table_in_the_environment_must_be_json(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRELLIS_CORS", '{"origins": ["https://a.example"]}')
    assert load_config().cors.origins == ("https://a.example",)
    monkeypatch.setenv("TRELLIS_CORS", "https://a.example")
    with pytest.raises(ConfigError, match="cors"):
        load_config()


def test_a_named_file_must_exist():
    with pytest.raises(ConfigError, match=r"There is no configuration file nowhere\.toml"):
        load_config("nowhere.toml")


def test_the_configuration_cannot_be_changed():
    with pytest.raises(ValidationError):
        Config().port = 1  # pyright: ignore[reportAttributeAccessIssue]


def test_every_setting_is_described():
    reference = list(settings_reference())
    assert [key for key, _, description in reference if not description] == []
    assert ("limits.depth", "15", "nesting depth of fields, fragments expanded") in reference


def test_a_wrong_value_of_the_environment_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "trellis.toml").write_text("port = 4000", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRELLIS_PORT", "abc")
    monkeypatch.setenv("TRELLIS_LIMITS__DEPTH", "deep")
    with pytest.raises(ConfigError) as raised:
        load_config()
    assert "trellis.toml" not in raised.value.message
    assert "`TRELLIS_PORT` in the environment: " in raised.value.message
    assert "`TRELLIS_LIMITS__DEPTH` in the environment: " in raised.value.message


def test_a_configuration_can_be_sent_to_other_processes(tmp_path: Path):
    file = tmp_path / "trellis.toml"
    file.write_text('[limits]\ndepth = 7\n[subgraphs]\norders = "http://orders/graphql"\n')
    config = load_config(file)

    assert pickle.loads(pickle.dumps(config)) == config
