"""Rows without ORDER BY come in any order; databases hide that by mostly keeping to one."""

from typing import Any

from sqlalchemy import GenerativeSelect, Result, event
from sqlalchemy.orm import ORMExecuteState, Session


def turn_round_what_has_no_order() -> None:
    """From now on sessions answer a SELECT without ORDER BY with its rows in reverse, so that
    whoever takes them for sorted is wrong at once, on every database."""
    event.listen(Session, "do_orm_execute", _turned_round)


def _turned_round(execution: ORMExecuteState) -> Result[Any] | None:
    statement = execution.statement
    if not isinstance(statement, GenerativeSelect) or statement._order_by_clauses:
        return None
    answer = execution.invoke_statement().freeze()
    answer.data = list(reversed(answer.data))
    return answer()
