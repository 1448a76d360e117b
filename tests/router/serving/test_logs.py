"""Log lines: readable in development, JSON in production, never with secrets."""

import contextvars
import logging

import orjson
import pytest
import structlog

from trellis.router.serving.logs import configure_logs
from trellis.router.web.client_address import current_client_address
from trellis.router.web.request_id import current_request_id


def fail(password: str) -> None:
    secret = f"{password}!"
    raise RuntimeError(f"a value of {len(secret)} characters")


@pytest.mark.parametrize("for_people", [True, False])
def test_an_error_is_logged_with_its_traceback_but_without_local_variables(
    capsys: pytest.CaptureFixture[str], for_people: bool
):
    configure_logs("info", for_people=for_people)
    try:
        fail("".join(reversed("hsifdrows")))  # the source lines in a traceback are ours
    except RuntimeError as error:
        structlog.get_logger("test").error("request_failed", exc_info=error)
    said = capsys.readouterr().err
    assert "request_failed" in said
    assert "a value of 10 characters" in said
    assert "in fail" in said
    assert "swordfish" not in said


def test_lines_for_machines_are_json_with_the_request_id(capsys: pytest.CaptureFixture[str]):
    configure_logs("info", for_people=False)
    token = current_request_id.set("r1")
    structlog.get_logger("a.b").info("something", size=3)
    logging.getLogger("library").warning("from a library")
    current_request_id.reset(token)
    structlog.get_logger("a.b").debug("too quiet")
    first, second = map(orjson.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["size"], first["request_id"]) == ("something", 3, "r1")
    assert (first["level"], first["logger"]) == ("info", "a.b")
    assert (second["event"], second["request_id"]) == ("from a library", "r1")


def test_a_line_tells_the_request_and_its_client(capsys: pytest.CaptureFixture[str]):
    configure_logs("info", for_people=False)

    def handle() -> None:
        current_request_id.set("req-1")
        current_client_address.set("203.0.113.9")
        structlog.get_logger("test").info("handled")

    contextvars.copy_context().run(handle)
    structlog.get_logger("test").info("idle")
    handled, idle = map(orjson.loads, capsys.readouterr().err.splitlines())
    assert (handled["request_id"], handled["client"]) == ("req-1", "203.0.113.9")
    assert "client" not in idle


def test_a_line_of_a_subgraph_tells_what_an_alert_counted(capsys: pytest.CaptureFixture[str]):
    """Requirement S4-SEC-07: machines read the pattern, not a sentence."""
    configure_logs("info", for_people=False)
    found = {"pattern": "guesses_at_one_account", "count": 10}
    logging.getLogger("trellis.accounts").warning("security_alert", extra={"alert": found, "x": 1})
    [line] = map(orjson.loads, capsys.readouterr().err.splitlines())
    assert (line["event"], line["alert"], line["level"]) == ("security_alert", found, "warning")
    assert "x" not in line
