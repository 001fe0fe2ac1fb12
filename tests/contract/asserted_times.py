"""Finds what a test asserts about time, in its syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# What reads a clock that goes on by itself.
CLOCKS = frozenset({"monotonic", "perf_counter", "process_time", "thread_time", "time"})
CLOCKS_NS = frozenset(f"{name}_ns" for name in CLOCKS)
# What waits; a number that it is given is a bound.
WAITS = frozenset({"wait", "join", "result", "communicate", "run", "check_output", "get"})
# Less is a pause between two looks, which bounds nothing.
PAUSE_SECONDS = 0.1
# Times that the product measures.
MEASURED = frozenset({"latency_ms"})
# What only a program that hangs takes that long for.
HUNG_SECONDS = 60

type Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Finding:
    """A line that depends on how fast the machine is."""

    line: int
    what: str


def findings(source: str) -> list[Finding]:
    """Every assertion about time in a module, in the order of its lines."""
    tree = ast.parse(source)
    timed = _functions_that_return_time(tree)
    found = {*_compared(tree, timed), *_bounds(tree), *_decorators(tree)}
    return sorted(found, key=lambda each: (each.line, each.what))


def _functions_that_return_time(tree: ast.Module) -> frozenset[str]:
    """Names of functions of the module whose result derives from a clock."""
    known: frozenset[str] = frozenset()
    while True:
        found = frozenset(
            each.name
            for each in ast.walk(tree)
            if isinstance(each, ast.FunctionDef)
            and any(
                isinstance(part, ast.Return) and part.value and _Time(each, known).is_in(part.value)
                for part in ast.walk(each)
            )
        )
        if found == known:
            return known
        known = found


class _Time:
    """Which names of one scope derive from a clock."""

    def __init__(self, scope: ast.AST, timed: frozenset[str]) -> None:
        self._timed = timed
        self._names: set[str] = set()
        before = -1
        while before != len(self._names):
            before = len(self._names)
            for each in ast.walk(scope):
                self._learn(each)

    def is_in(self, expression: ast.AST) -> bool:
        """Whether a part of the expression reads a clock, or a name that derives from one."""
        return any(self._is_time(each) for each in ast.walk(expression))

    def _is_time(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr=name)):
                return name in CLOCKS | CLOCKS_NS
            case ast.Call(func=ast.Name(id=name)):
                return name in (CLOCKS | CLOCKS_NS) - {"time"} or name in self._timed
            case ast.Name(id=name):
                return name in self._names
        return False

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value) if self.is_in(value):
                for target in targets:
                    self._learn_names(target)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if self.is_in(value):
                self._learn_names(target)
            case ast.AugAssign(target=target, value=value) if self.is_in(value):
                self._learn_names(target)
            case ast.For(target=target, iter=value) if self.is_in(value):
                self._learn_names(target)
            case ast.NamedExpr(target=target, value=value) if self.is_in(value):
                self._learn_names(target)

    def _learn_names(self, target: ast.AST) -> None:
        self._names |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def _compared(tree: ast.Module, timed: frozenset[str]) -> Iterator[Finding]:
    """Asserted comparisons with a time, and loops that end after less than a hung program."""
    for function in [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]:
        time = _Time(function, timed)
        short = any(_is_short_deadline(each) for each in ast.walk(function))
        for each in ast.walk(function):
            match each:
                case ast.Assert(test=test) if _compares(test, time):
                    if short or not _is_deadline_alone(test):
                        yield Finding(each.lineno, "asserts a time")
                case ast.While(test=test) if short and _compares(test, time):
                    yield Finding(each.lineno, "waits for less than a hung program would take")


def _compares(expression: ast.AST, time: _Time) -> bool:
    compared = [each for each in ast.walk(expression) if isinstance(each, ast.Compare)]
    return any(
        (time.is_in(each) and not _is_generous(each)) or _is_measured(each) for each in compared
    )


def _is_generous(compared: ast.Compare) -> bool:
    """Whether only a program that hangs would miss the bound."""
    match compared:
        case ast.Compare(ops=[ast.Lt() | ast.LtE()], comparators=[ast.Constant(value=value)]):
            return isinstance(value, int | float) and value >= HUNG_SECONDS
    return False


def _is_measured(compared: ast.Compare) -> bool:
    """Whether it says how fast the product was: `row["latency_ms"] < 1000`."""
    match compared:
        case ast.Compare(ops=[*_, ast.Lt() | ast.LtE()]):
            return any(
                isinstance(each, ast.Constant | ast.Attribute)
                and getattr(each, "attr", getattr(each, "value", None)) in MEASURED
                for each in ast.walk(compared)
            )
    return False


def _is_deadline_alone(test: ast.AST) -> bool:
    """`clock() < deadline`, which ends a loop that waits for an event."""
    match test:
        case ast.Compare(left=ast.Call(), ops=[ast.Lt()], comparators=[ast.Name(id="deadline")]):
            return True
    return False


def _is_short_deadline(node: ast.AST) -> bool:
    """`clock() + 5`"""
    match node:
        case ast.BinOp(left=ast.Call() as call, op=ast.Add(), right=ast.Constant(value=value)):
            reads = _Time(ast.Module([], []), frozenset()).is_in(call)
            return reads and isinstance(value, int | float) and value < HUNG_SECONDS
    return False


def _bounds(tree: ast.Module) -> Iterator[Finding]:
    """Waits for a thread, a process or an event that give up early."""
    for each in ast.walk(tree):
        match each:
            case ast.Call(func=ast.Attribute(attr=name), args=args, keywords=keywords):
                named = [part.value for part in keywords if part.arg == "timeout"]
                placed = args if name in ("wait", "join", "result") else []
                short = any(map(_is_short, [*named, *placed]))
                if short and name in WAITS:
                    yield Finding(each.lineno, f"`{name}` gives up early")


def _is_short(value: ast.AST) -> bool:
    return (
        isinstance(value, ast.Constant)
        and isinstance(value.value, int | float)
        and PAUSE_SECONDS < value.value < HUNG_SECONDS
    )


def _decorators(tree: ast.Module) -> Iterator[Finding]:
    """`pytest.mark.timeout(30)`"""
    for each in ast.walk(tree):
        match each:
            case ast.Call(func=ast.Attribute(attr="timeout"), args=[value, *_]) if _is_short(value):
                yield Finding(each.lineno, "a test's timeout is less than a hung program takes")
