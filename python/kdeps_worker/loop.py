"""The loop of one worker: receive a call, run the script, answer, tidy up."""

import collections
import faulthandler
import os
import sys
import types

from . import failure, values
from .api import Api
from .script import Script
from .surroundings import Surroundings
from .wire import Wire, codec

_MAX_SCRIPTS = 256


class Worker:
    def __init__(self, sock, stdout_fd, stderr_fd):
        self._wire = Wire(sock)
        self._api = Api(self._wire.ask)
        self._scripts = collections.OrderedDict()  # Least recently used first.
        self._surroundings = Surroundings(stdout_fd, stderr_fd)
        values.teach_json()
        values.Table.text_of = self._text_of
        # A crash in native code leaves the Python traceback on stderr.
        faulthandler.enable(file=stderr_fd, all_threads=False)

    def serve(self):
        """Serves until the engine is gone; does not return."""
        while True:
            message = self._wire.receive()
            if message["kind"] == "check":
                self._wire.answer("checked", *self._check(message))
            else:
                self._call(message)

    def _text_of(self, table):
        """The engine's text of a table of this call; None if the script modified it."""
        if not table.is_unmodified(codec):
            return None
        return self._wire.ask("table_text", table.handle)

    def _check(self, message):
        """[issue, line, column, length, names of literal gets ...]; the first four may be None."""
        name, source = message["name"], message["source"]
        try:
            script = Script(name, source, message["slot_names"])
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return failure.describe_syntax(error, name, source)
        return [None, None, None, None, *script.literal_gets]

    def _call(self, call):
        key = call["script"]
        if call["source"] is None and key not in self._scripts:
            self._wire.answer("need")
            return
        self._wire.max_bytes = call["max_result_bytes"]
        self._wire.call_number = call["number"]
        main = types.ModuleType("__main__")
        answer = self._run(call, main)
        self._surroundings.flush()
        retire = self._surroundings.leftovers()
        try:
            self._surroundings.restore()
        except Exception as error:
            retire = f"its surroundings cannot be restored: {error}"
        try:
            self._wire.answer(*answer, retire)
        except codec.TooLarge:
            self._wire.answer("too_large", retire)
        except Exception as error:  # A value without a counterpart outside of Python.
            self._wire.answer("failed", failure.message(error), "", None, None, None, retire)
        main.__dict__.clear()  # Functions refer to their globals: without cycles memory is back now.

    def _run(self, call, main):
        """The answer's kind and parts; src/worker/conversation.cpp reads them."""
        sys.modules["__main__"] = main
        script = None
        try:
            script = self._script(call)
            sys.argv = [call["name"], *call["arguments"]]
            self._api.begin(main.__dict__, script, call)
            return ["done", script.run(main.__dict__)]
        except SystemExit as error:
            return ["exit", self._exit_code(error.code)]
        except BaseException as error:
            if script is None:
                text, *place = failure.describe_syntax(error, call["name"], call["source"])
                return ["failed", text, "", *place]
            script.show_source()
            return ["failed", *failure.describe(error, script)]
        finally:
            if self._wire.is_forked():
                self._surroundings.flush()
                os._exit(0)

    def _exit_code(self, code):
        """As the interpreter does it: a text goes to stderr and means 1."""
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 0xFF
        print(code, file=sys.stderr)
        return 1

    def _script(self, call):
        key = call["script"]
        script = self._scripts.get(key)
        if script is None:
            script = Script(call["name"], call["source"], call["slot_names"])
            self._scripts[key] = script
            if len(self._scripts) > _MAX_SCRIPTS:
                self._scripts.popitem(last=False)
        self._scripts.move_to_end(key)
        return script
