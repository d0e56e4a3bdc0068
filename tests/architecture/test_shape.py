"""No module and no function grows until nobody can hold it in the head."""

import ast

import pytest

from tests.architecture.source import Module, all_python, product

MODULE_LINES = 400
TEST_LINES = 600  # a test module is read one test at a time
FUNCTION_LINES = 60
ARGUMENTS = 7


@pytest.mark.parametrize("module", all_python(), ids=str)
def test_no_module_is_longer_than_a_reader_can_hold(module: Module) -> None:
    lines = len(module.text.splitlines())
    most = TEST_LINES if str(module).startswith("tests/") else MODULE_LINES

    assert lines <= most, f"{module} has {lines} lines; split it by what it is about"


def _functions(module: Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("module", all_python(), ids=str)
def test_no_function_is_longer_than_a_page(module: Module) -> None:
    long = {
        f"{function.name} (line {function.lineno})": lines
        for function in _functions(module)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }

    assert not long


@pytest.mark.parametrize("module", product(), ids=str)
def test_no_function_takes_a_crowd_of_positional_arguments(module: Module) -> None:
    # A page or a command may: its framework calls it, by name, with what a person filled in.
    crowded = {
        f"{function.name} (line {function.lineno})": count
        for function in _functions(module)
        if not function.decorator_list
        and not (isinstance(function, ast.AsyncFunctionDef) and ".web." in module.name)
        and (count := len(function.args.posonlyargs) + len(function.args.args)) > ARGUMENTS
    }

    assert not crowded, "name them: put a * before what comes after the first"


@pytest.mark.parametrize(
    "module", [one for one in product() if one.path.name == "__init__.py"], ids=str
)
def test_a_package_file_only_says_what_the_package_is_for(module: Module) -> None:
    body = module.tree.body

    assert ast.get_docstring(module.tree)
    assert len(body) == 1, "code belongs in a module with a name"


@pytest.mark.parametrize("module", product(), ids=str)
def test_a_check_on_data_is_never_an_assert(module: Module) -> None:
    """``python -O`` drops asserts; a check that may vanish is none."""
    lines = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Assert)]

    assert not lines
