"""What a script finds among its globals: get, set, info, output, env, session, input, request."""

import builtins

from . import values
from .wire import codec

_MAY_NEED_INPUT = ("input", "globals", "eval", "exec", "vars", "locals")


class _Callable:
    """`input` keeps its type (dict, list or str) and can be called: input('name')."""

    def __call__(self, name, *kind):
        return self._ask("input", name, *kind)


class InputDict(_Callable, dict):
    pass


class InputList(_Callable, list):
    pass


class InputText(_Callable, str):
    pass


def make_input(value, ask):
    kinds = {list: InputList, values.Table: InputList, str: InputText}
    made = kinds.get(type(value), InputDict)(value or ())
    made._ask = ask
    return made


class Request:
    """method, path, headers, query and body of the request; decoded when first used."""

    def __init__(self, data):
        self._data = data

    def __getattr__(self, name):
        known = ("method", "path", "headers", "query", "body")
        if name in known and name not in self.__dict__:
            members = codec.decode(self._data) or {}
            self.__dict__.update({key: members.get(key) for key in known})
            return self.__dict__[name]
        raise AttributeError(f"request has no attribute {name!r}; it has {', '.join(known)}")

    def __getitem__(self, name):
        try:
            return getattr(self, name)
        except AttributeError as error:
            raise KeyError(str(error)) from None


def _make_set(api):
    """The name `set` serves both: set(key, value) asks the engine, everything else is Python's."""

    class Meta(type):
        def __call__(cls, *arguments):
            if len(arguments) < 2:
                return builtins.set(*arguments)
            return api.set(*arguments)

        def __instancecheck__(cls, value):
            return isinstance(value, builtins.set)

        def __subclasscheck__(cls, other):
            return issubclass(other, builtins.set)

        def __eq__(cls, other):
            return other is cls or other is builtins.set

        __hash__ = type.__hash__

    return Meta("set", (builtins.set,), {"__module__": "builtins"})


class Api:
    """The functions of one worker; `begin` gives them the values of the next call."""

    def __init__(self, ask):
        self._ask = ask
        self._prefetched = {}  # Encoded, so that every get() gives a fresh value.
        self._globals = {
            "get": self.get,
            "set": _make_set(self),
            "info": lambda field: ask("info", field),
            "output": lambda id: ask("output", id),
            "env": lambda name: ask("env", name),
            "session": lambda: ask("session"),
            "__kdeps_text__": values.text,
        }

    def begin(self, namespace, script, call):
        """Fills the globals of a script for one call; its own definitions replace them later."""
        self._prefetched = call["prefetched"]
        namespace.update(self._globals)
        namespace["request"] = Request(call["request"])
        if not script.names.isdisjoint(_MAY_NEED_INPUT):
            namespace["input"] = make_input(codec.decode(call["input"]), self._ask)
        namespace.update(zip(call["slot_names"], call["slots"]))

    def get(self, name, *hint):
        if not hint and name in self._prefetched:
            return codec.decode(self._prefetched[name])
        return self._ask("get", name, *hint)

    def set(self, key, value, *store):
        self._prefetched.pop(key, None)
        return self._ask("set", key, value, *store)
