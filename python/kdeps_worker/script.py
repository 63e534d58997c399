"""Compiles scripts on their syntax tree: `{{ }}` slots and `return` at the top level.

A script without a top-level `return` is a module body. With one it becomes the body of a function
in which every name is declared global, so that it still behaves like a module: functions,
comprehensions and `global` statements see its names.
"""

import ast
import builtins
import importlib
import linecache
import types
import warnings

_IMPORT_ALL = "__kdeps_import_all__"
_TEXT = "__kdeps_text__"


class Script:
    """A compiled script, ready to run any number of times."""

    def __init__(self, name, source, slot_names):
        self.name = name
        self.source = source
        tree = ast.parse(source, filename=name)
        if slot_names:
            tree = _Slots(slot_names).apply(tree)
        self.literal_gets = _literal_gets(tree)
        self.names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Else the first call of each worker would print them.
            self._is_function = _returns_at_top(tree.body)
            if self._is_function:
                self._code = _compile_as_function(tree, name)
            else:
                self._code = compile(tree, name, "exec", dont_inherit=True)

    def run(self, namespace):
        """Runs with `namespace` as globals; what a top-level `return` gives, else None."""
        namespace["__builtins__"] = builtins
        if not self._is_function:
            exec(self._code, namespace)
            return None
        namespace[_IMPORT_ALL] = lambda module: _import_all(module, namespace)
        return types.FunctionType(self._code, namespace)()

    def show_source(self):
        """Lets tracebacks print the script's own lines."""
        lines = self.source.splitlines(keepends=True)
        linecache.cache[self.name] = (len(self.source), None, lines, self.name)


class _Slots(ast.NodeTransformer):
    """Gives slots their meaning: in code a plain name, inside string constants an f-string part."""

    def __init__(self, names):
        self._names = sorted(names, key=len, reverse=True)
        self._known = set(names)

    def apply(self, tree):
        for node in ast.walk(tree):
            self._refuse_misplaced(node)
        return ast.fix_missing_locations(self.visit(tree))

    def _found_in(self, text):
        return any(name in text for name in self._names)

    def _refuse_misplaced(self, node):
        """A slot is a value: it cannot be assigned to, name an attribute, or be a pattern."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bytes) and self._found_in(node.value.decode("latin-1")):
                raise _syntax_error("a {{ }} cannot stand inside a bytes literal", node)
            return
        if isinstance(node, ast.Name) and node.id in self._known:
            if not isinstance(node.ctx, ast.Load):
                raise _syntax_error("a {{ }} is a value and cannot be assigned to", node)
            return
        if isinstance(node, ast.MatchValue if hasattr(ast, "MatchValue") else ()):
            constant = node.value
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                if self._found_in(constant.value):
                    raise _syntax_error("a {{ }} cannot be a pattern", node)
        for _, field in ast.iter_fields(node):
            texts = field if isinstance(field, list) else [field]
            if any(isinstance(text, str) and self._found_in(text) for text in texts):
                raise _syntax_error("a {{ }} is a value and cannot be part of a name", node)

    def _parts(self, text):
        """`text` cut at its slots: strings, and slot names as ast.Name."""
        parts = [text]
        for name in self._names:
            cut = []
            for part in parts:
                if not isinstance(part, str):
                    cut.append(part)
                    continue
                for index, piece in enumerate(part.split(name)):
                    if index:
                        cut.append(ast.Name(name, ast.Load()))
                    cut.append(piece)
            parts = cut
        return [part for part in parts if part != ""]

    def _formatted(self, constant):
        values = []
        for part in self._parts(constant.value):
            if isinstance(part, str):
                values.append(ast.Constant(part))
            else:
                call = ast.Call(ast.Name(_TEXT, ast.Load()), [part], [])
                values.append(ast.FormattedValue(call, -1, None))
        return [ast.copy_location(value, constant) for value in values]

    def visit_Constant(self, node):
        if not isinstance(node.value, str) or not self._found_in(node.value):
            return node
        return ast.copy_location(ast.JoinedStr(self._formatted(node)), node)

    def visit_JoinedStr(self, node):
        values = []
        for value in node.values:
            if isinstance(value, ast.Constant) and self._found_in(value.value):
                values += self._formatted(value)
            else:
                values.append(self.visit(value))
        node.values = values
        return node


def _syntax_error(message, node):
    error = SyntaxError(message)
    error.lineno = getattr(node, "lineno", 1)
    error.offset = getattr(node, "col_offset", 0) + 1
    return error


def _own_nodes(body):
    """The nodes of a function's own scope: not those of functions and classes inside it."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, inner):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _returns_at_top(body):
    return any(isinstance(node, ast.Return) for node in _own_nodes(body))


class _ModuleForms(ast.NodeTransformer):
    """Rewrites what only a module body may hold, so that it can stand in a function."""

    def visit_FunctionDef(self, node):
        return node  # A scope of its own.

    visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = visit_FunctionDef

    def visit_Global(self, node):
        return ast.copy_location(ast.Pass(), node)  # Every name is global already.

    def visit_AnnAssign(self, node):
        # Python refuses annotations of global names inside functions.
        if not isinstance(node.target, ast.Name):
            return node
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_ImportFrom(self, node):
        if node.names[0].name != "*":
            return node
        call = ast.Call(ast.Name(_IMPORT_ALL, ast.Load()), [ast.Constant(node.module)], [])
        return ast.copy_location(ast.Expr(call), node)


def _compile_as_function(tree, name):
    for node in _own_nodes(tree.body):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            raise _syntax_error("'yield' outside function", node)
    head = []  # `from __future__` imports stay first in the module.
    body = _ModuleForms().visit(tree).body
    while body and isinstance(body[0], ast.ImportFrom) and body[0].module == "__future__":
        head.append(body.pop(0))
    function = ast.parse("def script(): pass").body[0]
    function.name = "<module>"  # As tracebacks call the top level of a script.
    function.body = body
    module = ast.fix_missing_locations(ast.Module(head + [function], []))
    # The compiler knows best which names the body binds: ask it, then declare them all global.
    code = _function_code(module, name)
    names = {name for name in code.co_varnames + code.co_cellvars if name.isidentifier()}
    if names:
        function.body = [ast.Global(sorted(names))] + body
    return _function_code(ast.fix_missing_locations(module), name)


def _function_code(module, name):
    code = compile(module, name, "exec", dont_inherit=True)
    return next(constant for constant in code.co_consts if isinstance(constant, types.CodeType))


def _import_all(module, namespace):
    imported = importlib.import_module(module)
    names = getattr(imported, "__all__", None)
    if names is None:
        names = [name for name in vars(imported) if not name.startswith("_")]
    namespace.update((name, getattr(imported, name)) for name in names)


def _literal_gets(tree):
    """Names in `get('x')` with one literal argument, in order of appearance, unless the script
    has a `get` of its own."""
    names = {}
    for node in ast.walk(tree):
        if _binds_get(node):
            return []
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "get"
            and len(node.args) == 1
            and not node.keywords
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            names[node.args[0].value] = None
    return list(names)


def _binds_get(node):
    if isinstance(node, ast.Name):
        return node.id == "get" and not isinstance(node.ctx, ast.Load)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == "get"
    if isinstance(node, ast.alias):
        return (node.asname or node.name) == "get"
    return isinstance(node, ast.arg) and node.arg == "get"
