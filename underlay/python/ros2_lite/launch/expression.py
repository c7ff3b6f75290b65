"""$(eval …): comparisons, boolean and arithmetic operators, and literals; no names, no calls.

The real `ros2 launch` evaluates any Python here. Files that keep to this subset run under both.
"""

import ast
import operator
from typing import Any

from .errors import LaunchError

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}
_UNARY = {ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos}
_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def evaluate(expression: str) -> str:
    """Return str() of the value of a Python expression, as the real substitution does ('True', '3.5' …).

    Raises:
        LaunchError: it is no expression, fails, or uses more than the subset.
    """
    try:
        return str(_value(ast.parse(expression.strip(), mode="eval").body))
    except LaunchError as error:
        raise LaunchError(f"$(eval {expression}): {error}") from None
    except (SyntaxError, TypeError, ValueError, ArithmeticError) as error:
        raise LaunchError(f"$(eval {expression}): {type(error).__name__}: {error}") from error


def _value(node: ast.AST) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.List(elements) | ast.Tuple(elements):
            return [_value(element) for element in elements]
        case ast.UnaryOp(op, operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand))
        case ast.BinOp(left, op, right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left), _value(right))
        case ast.BoolOp(op, operands):
            return _boolean(op, operands)
        case ast.Compare(left, ops, comparators) if all(type(op) in _COMPARE for op in ops):
            values = [_value(left), *map(_value, comparators)]
            return all(_COMPARE[type(op)](a, b) for op, a, b in zip(ops, values, values[1:]))
        case ast.IfExp(test, body, orelse):
            return _value(body) if _value(test) else _value(orelse)
        case ast.Name(name):
            raise LaunchError(f"the bare word '{name}' (quote text: '$(var x)' == 'sim')")
    raise LaunchError(f"{type(node).__name__} is not supported; use comparisons, and/or/not, + - * / and literals")


def _boolean(op: ast.boolop, operands: list[ast.expr]) -> Any:
    """Evaluate `and` and `or` as Python does: stop early, return the deciding operand."""
    result = None
    for operand in operands:
        result = _value(operand)
        if bool(result) == isinstance(op, ast.Or):
            break
    return result
