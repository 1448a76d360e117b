"""Which faults a statement can be given: a function's body in, changed lines out."""

from textwrap import dedent, indent

from tests.mutants.find import changes_program, find_mutants
from tests.mutants.source import Source


def faults(body: str, operator: str, signature: str = "def f(a, b)") -> list[str]:
    """What stands there after each fault of that kind, layout left out."""
    source = Source("m.py", f"{signature}:\n{indent(dedent(body).strip(), '    ')}\n")
    return [
        " ".join(mutant.after.split())
        for mutant in find_mutants(source)
        if mutant.edit.operator == operator and changes_program(source, mutant.edit)
    ]


def test_a_condition_is_taken_for_granted_both_ways():
    body = """
        if a:
            b()
        elif b:
            a()
    """
    assert faults(body, "condition True") == ["if True:", "elif True:"]
    assert faults(body, "condition False") == ["if False:", "elif False:"]
    assert faults("while a:\n    b()", "condition False") == ["while False:"]


def test_calls_are_left_out_and_docstrings_are_none():
    body = '''
        """Says what it does."""
        a(
            b,
        )
        await b()
    '''
    assert faults(body, "statement deleted", "async def f(a, b)") == ["pass", "pass"]


def test_assignments_are_left_out_where_that_does_more_than_leave_a_name_unknown():
    body = """
        first = a
        a = first
        a.field = b
        a[b] = first
        b += 1
        del a[b]
    """
    assert faults(body, "statement deleted") == ["pass"] * 5


def test_the_fields_an_object_starts_with_are_not_left_out():
    assert faults("a.x = b", "statement deleted", "def __init__(a, b)") == []


def test_an_error_is_not_raised_and_a_handler_passes_its_error_on():
    body = """
        try:
            raise ValueError(a)
        except (KeyError, ValueError):
            return b
        except TypeError:
            raise
        return a
    """
    assert faults(body, "statement deleted") == ["pass", "pass"]
    assert faults(body, "handler re-raises") == ["raise"]
    assert faults(body, "element dropped") == ["except (ValueError,):", "except (KeyError,):"]


def test_an_early_return_is_removed_and_every_result_lost():
    body = """
        if a:
            return b
        return a
    """
    assert faults(body, "return removed") == ["pass"]
    assert faults(body, "return None") == ["return None", "return None"]
    assert faults("        return False\n", "return None") == []


def test_the_return_at_the_end_of_the_last_branch_is_no_early_one():
    body = """
        if a:
            return b
        else:
            return a
    """
    assert faults(body, "return removed") == []


def test_break_and_continue_change_places():
    body = """
        for x in a:
            if x:
                continue
            break
    """
    assert faults(body, "break/continue") == ["break", "continue"]
    assert faults(body, "first round only") == ["for x in [*a][:1]:"]
    assert faults("for x in a or b:\n    x()", "first round only") == ["for x in [*(a or b)][:1]:"]


def test_a_lock_is_not_held():
    body = """
        async with a.lock:
            b()
        async with a.open() as file:
            b(file)
        with a, b:
            b()
    """
    assert faults(body, "with unwrapped", "async def f(a, b)") == ["if True:", "if True:"]
