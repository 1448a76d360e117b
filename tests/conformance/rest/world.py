"""A real server with the demo world, and the people who send it requests."""

import email
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, ParamSpec
from uuid import uuid4

import httpx

from tests.support.trellis_server import TrellisServer
from trellis.db.seed.world import PASSWORD, demo_id

P = ParamSpec("P")

LEARN_PASSWORD = "a-long-password-1"
AVATAR = "https://example.com/avatar.jpg"

_REGISTER = """mutation Register($input: RegisterInput!) {
  register(input: $input) { accessToken refreshToken user { id } } }"""
_UPDATE = """mutation Update($id: ID!, $input: UpdateUserInput!) {
  updateUser(id: $id, input: $input) { user { id } } }"""
_CREATE = """mutation Create($input: CreateUserInput!) {
  createUser(input: $input) { user { id } } }"""
_LOGIN = """mutation Login($input: LoginInput!) {
  login(input: $input) { accessToken refreshToken } }"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, signed in."""

    id: str
    email: str
    username: str
    password: str
    token: str
    refresh_token: str


# Tokens are good for fifteen minutes, and a busy machine takes longer for the tests of one world.
_TOKEN_SECONDS = 300.0


def recently(make: Callable[P, str]) -> Callable[P, str]:
    """``make`` with its results kept for ``_TOKEN_SECONDS``."""
    kept: dict[tuple[Any, ...], tuple[float, str]] = {}

    def call(*args: P.args, **kwargs: P.kwargs) -> str:
        key = (*args, *sorted(kwargs.items()))
        made, token = kept.get(key, (-_TOKEN_SECONDS, ""))
        if time.monotonic() - made >= _TOKEN_SECONDS:
            token = make(*args, **kwargs)
            kept[key] = (time.monotonic(), token)
        return token

    return call


class World:
    """What requests are about: people, projects, issues; made through the graph."""

    def __init__(self, client: httpx.Client, folder: Path, mail: Path) -> None:
        self.client = client
        self.folder = folder
        self._mail = mail
        self._numbers = count(1)
        self.token = recently(self._token)
        self.nobody = recently(self._nobody)

    # -- people ----------------------------------------------------------------------------

    def fresh(self, *, profile: str = "GRAPHQL", **members: Any) -> Person:
        """A new account."""
        address, username = self.new_names()
        given = {
            "email": address,
            "username": username,
            "password": LEARN_PASSWORD,
            "firstName": "Fay",
            "lastName": "Fresh",
            "profile": profile,
            "acceptedTerms": True,
        }
        made = self.graph(_REGISTER, {"input": given | members})["register"]
        return Person(
            made["user"]["id"],
            address,
            username,
            LEARN_PASSWORD,
            made["accessToken"],
            made["refreshToken"],
        )

    def new_names(self) -> tuple[str, str]:
        """An e-mail address and a username that nobody has."""
        unique = f"p{next(self._numbers)}{uuid4().hex[:8]}"
        return f"{unique}@example.com", unique

    def person_id(self, username: str) -> str:
        return str(demo_id("user", username))

    def _token(self, username: str) -> str:
        """The access token of somebody in the demo world."""
        return self.log_in(f"{username}@example.com", PASSWORD)[0]

    def log_in(self, address: str, password: str, profile: str = "GRAPHQL") -> tuple[str, str]:
        """An access token and a refresh token."""
        given = {"email": address, "password": password, "profile": profile}
        tokens = self.graph(_LOGIN, {"input": given})["login"]
        return tokens["accessToken"], tokens["refreshToken"]

    def _nobody(self) -> str:
        """The token of an account without roles, hence without scopes."""
        address, username = self.new_names()
        given = {"email": address, "username": username, "password": LEARN_PASSWORD, "roles": []}
        self.graph(_CREATE, {"input": given}, self.token("ada"))
        return self.log_in(address, LEARN_PASSWORD)[0]

    def complete(self, *usernames: str) -> None:
        """Give people of the demo world a picture."""
        for username in usernames:
            changes = {"id": self.person_id(username), "input": {"avatarUrl": AVATAR}}
            self.graph(_UPDATE, changes, self.token("ada"))

    def code_mailed_to(self, address: str, subject: str) -> str:
        """The token in the newest letter to somebody, once it has come."""
        for _ in range(100):
            letters = [self._letter(path) for path in sorted(self._mail.glob("*.eml"))]
            codes = [
                found[1]
                for to, about, text in letters
                if to == address and subject in about
                for found in [re.search(r"#token=(\S+)", text)]
                if found
            ]
            if codes:
                return codes[-1]
            time.sleep(0.05)
        raise AssertionError(f"no letter about {subject!r} came to {address}")

    def _letter(self, path: Path) -> tuple[str, str, str]:
        message = email.message_from_bytes(path.read_bytes())
        payload = message.get_payload(decode=True)
        text = payload.decode() if isinstance(payload, bytes) else ""
        return str(message["To"]), str(message["Subject"]), text

    # -- things ----------------------------------------------------------------------------

    @property
    def project(self) -> str:
        """ENG, of which alan is a member."""
        return str(demo_id("project", "ENG"))

    @property
    def issue(self) -> str:
        """ENG-9, which has an attachment and, once ``complete``, a link."""
        return str(demo_id("issue", "ENG-9"))

    @property
    def discussed_issue(self) -> str:
        """ENG-2, which has two comments."""
        return str(demo_id("issue", "ENG-2"))

    @property
    def task(self) -> str:
        """ENG-3, which waits for another one."""
        return str(demo_id("task", "ENG-3"))

    @property
    def personal_task(self) -> str:
        """One of ada's."""
        return str(demo_id("task", "ada-1"))

    def link(self, source: str, target: str) -> None:
        query = (
            """mutation Link($input: LinkIssuesInput!) { linkIssues(input: $input) { linkId } }"""
        )
        given = {"sourceId": source, "targetId": target, "type": "BLOCKS"}
        self.graph(query, {"input": given}, self.token("alan"))

    def new_project(self, owner: str = "ada", **members: Any) -> str:
        """A project of the first organization."""
        given = {"name": "Contract", "description": "A project to change", **members}
        query = """mutation Make($input: CreateProjectInput!) {
          createProject(input: $input) { project { id } } }"""
        return self.graph(query, {"input": given}, self.token(owner))["createProject"]["project"][
            "id"
        ]

    def new_issue(self, reporter: str = "alan", **members: Any) -> str:
        """An issue of ENG."""
        given = {"projectId": self.project, "summary": "To be changed", **members}
        query = """mutation Make($input: CreateIssueInput!) {
          createIssue(input: $input) { issue { id } } }"""
        return self.graph(query, {"input": given}, self.token(reporter))["createIssue"]["issue"][
            "id"
        ]

    def new_workflow(self, project: str, **members: Any) -> dict[str, Any]:
        """One for tasks, from To Do to Done: its id, and those of its transitions."""
        given = {
            "projectId": project,
            "name": "Tasks",
            "description": "Workflow for tasks",
            "issueTypes": ["Task"],
            "states": [{"name": "To Do", "type": "INITIAL"}, {"name": "Done", "type": "FINAL"}],
            "transitions": [{"name": "Complete", "fromState": "To Do", "toState": "Done"}],
            **members,
        }
        query = """mutation Make($input: CreateWorkflowInput!) {
          createWorkflow(input: $input) { workflow { id transitions { id } } } }"""
        made = self.graph(query, {"input": given}, self.token("ada"))
        return made["createWorkflow"]["workflow"]

    def graph(
        self, query: str, variables: Mapping[str, Any] | None = None, token: str | None = None
    ) -> Any:
        """The data of a GraphQL operation that has to succeed."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables or {}}
        answer = self.client.post("/graphql", json=body, headers=headers).json()
        assert "errors" not in answer, answer
        return answer["data"]


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """A server of its own, as `trellis dev` starts it, without rate limits."""
    mail = folder / "mail"
    settings = {
        "TRELLIS_MAIL_URL": mail.as_uri(),
        "TRELLIS_RATE_LIMIT__ENABLED": "false",
        # Receivers of webhooks are here, and are not waited for as long as others.
        "TRELLIS_OUTBOUND_NETWORKS": "127.0.0.0/8",
        "TRELLIS_WEBHOOKS_RETRY_SECONDS": "0.01",
    }
    server = TrellisServer(folder, settings)
    try:
        server.start()
        with httpx.Client(base_url=server.url, timeout=30) as client:
            world = World(client, folder, mail)
            world.complete("ada", "grace", "alan", "katherine", "edsger", "barbara")
            world.link(world.issue, world.discussed_issue)
            yield world
    finally:
        server.close()
