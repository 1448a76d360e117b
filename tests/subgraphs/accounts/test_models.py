"""What the tables of accounts do not let happen, whoever writes to them."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.support.subgraphs import Running
from trellis.subgraphs.accounts.models import User


def row(**changes: Any) -> User:
    names = {"email": "mary@example.com", "username": "Mary", "username_key": "mary"}
    return User(**{**names, "display_name": "Mary", "password_hash": "x", **changes})


@pytest.mark.parametrize(
    "taken", [{"email": "ada@example.com"}, {"username": "ADA", "username_key": "ada"}]
)
async def test_no_two_people_have_one_address_or_one_username(
    accounts: Running, taken: dict[str, str]
):
    async with accounts.context().storage.begin() as uow:
        uow.session.add(row())
    other = {"email": "other@example.com", "username": "Other", "username_key": "other"}
    with pytest.raises(IntegrityError):
        async with accounts.context().storage.database.write() as session:
            session.add(row(**{**other, **taken}))
