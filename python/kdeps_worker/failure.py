"""Turns an exception into what the engine reports: message, traceback, place in the script."""

import os
import traceback

_PACKAGE = os.path.dirname(__file__) + os.sep
_MAX_TRACEBACK = 64 * 1024


def describe(error, script):
    """[message, traceback, line, column, length]; the last three are None or 1-based line,
    0-based byte column and length in bytes within the script's source."""
    return [message(error), _traceback(error), *_place(error, script)]


def describe_syntax(error, name, source):
    """[message, line, column, length] of what ast.parse or compile raised."""
    if not isinstance(error, SyntaxError):
        return [f"{type(error).__name__}: {error}", 1, 0, 1]
    line_number = min(max(error.lineno or 1, 1), source.count("\n") + 1)
    line = _line(source, line_number)
    begin = min(max((error.offset or 1) - 1, 0), len(line))
    column = len(line[:begin].encode("utf-8", "replace"))
    return [message(error), line_number, column, 1]


def message(error):
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = "<its text cannot be made>"
    return f"{name}: {text}" if text else name


def _traceback(error):
    report = traceback.TracebackException.from_exception(error)
    _without_internals(report)
    text = "".join(report.format())
    if len(text) > _MAX_TRACEBACK:
        text = text[: _MAX_TRACEBACK // 2] + "\n...\n" + text[-_MAX_TRACEBACK // 2 :]
    return text


def _without_internals(report):
    """Drops the worker's own frames, from causes too; without column marks, whose positions a
    `{{ }}` would have moved."""
    report.stack = traceback.StackSummary.from_list(
        [
            (frame.filename, frame.lineno, frame.name, frame.line)
            for frame in report.stack
            if not frame.filename.startswith(_PACKAGE)
        ]
    )
    inner = [report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())]
    for other in inner:
        if other is not None:
            _without_internals(other)


def _place(error, script):
    """Where in the script: its innermost frame."""
    found = None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == script.name:
            found = step
        step = step.tb_next
    if found is None:
        return [None, None, None]
    line_number = found.tb_lineno
    line = _line(script.source, line_number)
    column = len(line) - len(line.lstrip())
    length = len(line.encode("utf-8")) - column
    positions = getattr(found.tb_frame.f_code, "co_positions", None)
    if positions is not None:  # Python 3.11 and later
        start, end, begin, stop = list(positions())[found.tb_lasti // 2]
        if start == end == line_number and begin is not None and stop > begin:
            column, length = begin, stop - begin
    # A `{{ }}` is longer or shorter in the user's file than its name is here.
    if "__kdeps_slot_" in line:
        column, length = len(line) - len(line.lstrip()), 1
    return [line_number, column, max(length, 1)]


def _line(source, number):
    lines = source.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""
