"""What an operation counts for: each attempt, however it is written."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import pytest
from graphql import build_schema

from trellis.router.config.rate_limits import RateLimitRule
from trellis.router.operation.limits import GENEROUS
from trellis.router.operation.model import NormalizedOperation
from trellis.router.operation.normalize import Normalizer
from trellis.router.operation.parse import choose_operation, parse_document
from trellis.router.rate_limit.footprint import Footprint, footprint_of
from trellis.router.rate_limit.keys import keys_of
from trellis.router.rate_limit.rules import Rule, rule_of
from trellis.schema.identity import Identity
from trellis.schema.request import RequestContext

SCHEMA = build_schema("""
type Query { me: User pets: [Pet] usage: Int }
type Mutation {
  login(input: Login, email: String, emails: [String]): Int
  deleteUser(id: ID): Int
  removeMember: Int
  archive: Int
  update: Int
}
type Subscription { changed: Int }
input Login { email: String username: String }
interface Pet { name: String }
type Cat implements Pet { name: String }
type Dog implements Pet { name: String }
type User { report(year: Int): Int friend: User }
""")
LIMITED = ("Mutation.login", "User.report", "Cat.name")


def normalized(document: str) -> NormalizedOperation:
    parsed = choose_operation(parse_document(document, GENEROUS), None)
    return Normalizer(SCHEMA).normalize(parsed.operation, parsed.fragments, {})


def footprint(document: str, deleting: Collection[str] = ()) -> Footprint:
    return footprint_of(normalized(document), LIMITED, ("Query.usage",), deleting)


def occurrences(document: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for coordinate, _, times in footprint(document).fields:
        found[coordinate] = found.get(coordinate, 0) + times
    return found


@pytest.mark.parametrize(
    ("document", "tries"),
    [
        ("{ me { report } pets { name } }", {"read": 1}),
        ("{ __typename }", {"read": 1}),
        ("subscription { changed }", {"subscription": 1}),
        ("mutation { update }", {"write": 1}),
        ("mutation { a: update b: update archive }", {"write": 3}),
        ("mutation { deleteUser removeMember }", {"delete": 2}),
        ("mutation { update deleteUser __typename }", {"write": 1, "delete": 1}),
        ("mutation { __typename }", {"write": 1}),
    ],
)
def test_each_field_of_a_mutation_is_a_write_or_a_delete(document: str, tries: dict) -> None:
    assert footprint(document).tries == tries


def test_configured_mutations_count_as_deletes() -> None:
    assert footprint("mutation { archive }", ["Mutation.archive"]).tries == {"delete": 1}


@pytest.mark.parametrize(
    ("document", "times"),
    [
        ("mutation { login }", 1),
        ("mutation { login login }", 1),
        (
            "mutation { a: login b: login ... on Mutation { c: login } ...F } "
            "fragment F on Mutation { d: login }",
            4,
        ),
        ("mutation { a: login @skip(if: true) b: login @include(if: true) }", 1),
        ("mutation {" + "".join(f" a{n}: login" for n in range(100)) + " }", 100),
    ],
)
def test_every_attempt_at_a_field_counts(document: str, times: int) -> None:
    assert occurrences(document) == {"Mutation.login": times}


def test_fields_below_the_root_are_counted_at_every_depth() -> None:
    document = "{ a: me { report friend { report x: report(year: 1) } } b: me { report } }"

    assert occurrences(document) == {"User.report": 4}


def test_a_field_of_an_interface_counts_for_its_possible_types() -> None:
    assert occurrences("{ pets { name } }") == {"Cat.name": 1}
    assert occurrences("{ pets { ... on Dog { name } } }") == {}


def test_shared_fragments_are_counted_without_being_expanded() -> None:
    levels = "".join(
        f" fragment F{n} on User {{ a: friend {{ ...F{n + 1} }} b: friend {{ ...F{n + 1} }} }}"
        for n in range(40)
    )
    document = "{ me { ...F0 } }" + levels + " fragment F40 on User { report }"

    assert occurrences(document) == {"User.report": 1_000_000}


def test_operations_that_ask_for_the_states_of_limits_are_recognized() -> None:
    assert footprint("{ usage }").wants_states
    assert not footprint("{ me { report } }").wants_states


# -- keys ---------------------------------------------------------------------------------------

PERSON = Identity(id=UUID(int=1), tenant_id=UUID(int=2))
SERVICE = Identity(id=UUID(int=1), kind="service", key_id="key1")


def rule(key: Any, arguments: tuple[str, ...] = ()) -> Rule:
    return rule_of(RateLimitRule(name="r", limit=1, window=1, key=key, arguments=arguments), "r")


@pytest.mark.parametrize(
    ("key", "identity", "keys"),
    [
        ("caller", Identity(), ["i:192.0.2.1"]),
        ("caller", PERSON, [f"u:{UUID(int=1).hex}"]),
        ("caller", SERVICE, ["k:key1"]),
        ("user", PERSON, [f"u:{UUID(int=1).hex}"]),
        ("user", Identity(), []),
        ("user", SERVICE, []),
        ("ip", PERSON, ["i:192.0.2.1"]),
        ("api_key", SERVICE, ["k:key1"]),
        ("api_key", PERSON, []),
        ("tenant", PERSON, [f"t:{UUID(int=2).hex}"]),
        ("tenant", Identity(), []),
    ],
)
def test_attempts_are_counted_by_the_key_of_the_rule(
    key: str, identity: Identity, keys: list[str]
) -> None:
    context = RequestContext(identity, client_address="192.0.2.1")

    assert list(keys_of(rule(key), context, None, {})) == keys


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "i:192.0.2.1"),
        ("::ffff:192.0.2.1", "i:192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "i:2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "i:2001:db8:1:2::"),
        ("fe80::1%eth0", "i:fe80::"),
        ("not an address", "i:not an address"),
        ("x" * 500, "i:" + "x" * 64),
        (None, "i:unknown"),
    ],
)
def test_addresses_of_one_client_have_one_key(address: str | None, key: str) -> None:
    context = RequestContext(client_address=address)

    assert list(keys_of(rule("ip"), context, None, {})) == [key]


def email_keys(document: str, variables: Mapping[str, Any], *arguments: str) -> list[str]:
    (field,) = normalized(document).selection.fields
    return list(keys_of(rule("email", arguments), RequestContext(), field, variables))


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ('mutation { login(email: "ada@example.com") }', {}),
        ('mutation { login(email: " ADA@Example.COM ") }', {}),
        ("mutation($e: String) { login(email: $e) }", {"e": "Ada@example.com"}),
        ('mutation { login(input: {email: "ada@example.com"}) }', {}),
        ("mutation($i: Login) { login(input: $i) }", {"i": {"username": "ada@example.com"}}),
        ("mutation($e: String) { login(input: {email: $e}) }", {"e": "\uff21da@example.com"}),
        ("mutation($e: [String]) { login(emails: $e) }", {"e": ["ada@example.com"]}),
    ],
)
def test_all_spellings_of_an_e_mail_address_have_one_key(document: str, variables: Mapping) -> None:
    places = ("email", "input.email", "input.username", "emails")

    (key,) = email_keys(document, variables, *places)

    assert key == email_keys('mutation { login(email: "ada@example.com") }', {}, "email")[0]
    assert "ada" not in key and "example" not in key


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("mutation { login }", {}),
        ('mutation { login(email: "") }', {}),
        ("mutation { login(email: null) }", {}),
        ("mutation($e: String) { login(email: $e) }", {}),
        ("mutation($e: String) { login(email: $e) }", {"e": 5}),
        ("mutation { login(input: {}) }", {}),
        ('mutation { login(input: "text") }', {}),
    ],
)
def test_without_an_e_mail_address_there_is_no_key(
    document: str, variables: Mapping[str, Any]
) -> None:
    assert email_keys(document, variables, "email", "input.email") == []


def test_several_e_mail_addresses_have_several_keys() -> None:
    document = 'mutation { login(emails: ["a@x.org", "b@x.org"]) }'

    assert len(set(email_keys(document, {}, "emails"))) == 2
