from dataclasses import replace
from uuid import uuid4

import pytest

from trellis.schema.identity import ANONYMOUS, Identity
from trellis.schema.revocations import NOTHING_REVOKED, Revocations

CALLER = Identity(
    id=uuid4(), session_id=uuid4(), token_id="token-1", key_id="key-1", issued_at=1_000
)


@pytest.mark.parametrize(
    "revocations",
    [
        pytest.param(Revocations(sessions=frozenset({CALLER.session_id})), id="session"),  # pyright: ignore
        pytest.param(Revocations(tokens=frozenset({"token-1"})), id="token"),
        pytest.param(Revocations(users=frozenset({CALLER.id})), id="user"),  # pyright: ignore
        pytest.param(Revocations(keys=frozenset({"key-1"})), id="key"),
        pytest.param(Revocations(issued_before={CALLER.id: 1_001}), id="older token"),  # pyright: ignore
    ],
)
def test_each_kind_ends_its_own_callers_only(revocations: Revocations):
    assert revocations.cover(CALLER)
    assert not revocations.cover(Identity(id=uuid4(), session_id=uuid4(), issued_at=0))
    assert not revocations.cover(ANONYMOUS)


def test_a_token_issued_since_is_good():
    outdated = Revocations(issued_before={CALLER.id: 1_001})  # pyright: ignore
    assert not outdated.cover(replace(CALLER, issued_at=1_001))
    assert not outdated.cover(replace(CALLER, issued_at=None))


def test_nothing_revoked_covers_nobody():
    assert not NOTHING_REVOKED.cover(CALLER)
