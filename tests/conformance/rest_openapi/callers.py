"""Accounts of those who send the requests."""

from tests.conformance.rest.world import World
from tests.conformance.rest_openapi.fuzzing import Callers

_PASSWORD = "a-long-password-1"
_CREATE = """mutation Create($input: CreateUserInput!) {
  createUser(input: $input) { user { id } } }"""

ROLES = {"admin": ["user", "admin"], "user": ["user"], "nobody": []}


def new_callers(world: World, role: str | None, count: int) -> Callers | None:
    """Accounts for one run: requests delete accounts, and wrong passwords lock them."""
    if role is None:
        return None
    emails = []
    for _ in range(count):
        email, username = world.new_names()
        given = {"email": email, "username": username, "password": _PASSWORD, "roles": ROLES[role]}
        world.graph(_CREATE, {"input": given}, world.token("ada"))
        emails.append(email)
    return Callers(tuple(emails), _PASSWORD)
