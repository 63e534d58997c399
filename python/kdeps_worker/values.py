"""Values that need more than a plain Python type: tables, texts of values, JSON of decimals."""

import base64
import datetime
import decimal
import json
import math
import os
import re

MAX_DEPTH = 1100
MAX_DECIMAL_DIGITS = 200_000


class TooLarge(Exception):
    """A result is larger than the engine accepts."""


class Table(list):
    """Rows of a SELECT as dicts; `str()` gives the text in the format of the sql resource.

    Returned unmodified it goes back as a number for the engine's own table, see is_unmodified().
    """

    __slots__ = ("_columns", "_format", "_truncated", "_handle", "_source")

    # Set by the worker loop: asks the engine for the text of a table; None if it was modified.
    text_of = None

    def __init__(self, rows=(), columns=(), format="json", truncated=False, handle=0, source=b""):
        super().__init__(rows)
        self._columns = columns
        self._format = format
        self._truncated = truncated
        self._handle = handle
        self._source = source  # The rows as they came, encoded.

    @property
    def columns(self):
        return list(self._columns)

    @property
    def format(self):
        return self._format

    @property
    def truncated(self):
        return self._truncated

    @property
    def handle(self):
        """The number of the engine's own table; 0 if there is none."""
        return self._handle

    def is_unmodified(self, codec):
        """Whether the rows still hold exactly what came; rows are plain dicts, so this compares
        their encoding with the original one instead of trusting any bookkeeping."""
        if not self._handle:
            return False
        now = codec.encode_rows(self, self._columns)
        if now is None:
            return False
        if now == self._source:
            return True
        # A cell may have several texts for one Python value: compare what they decode to.
        return now == codec.encode_rows(
            codec.decode_rows(self._source, self._columns), self._columns
        )

    def __str__(self):
        text = None if Table.text_of is None else Table.text_of(self)
        return list.__repr__(self) if text is None else text


def duration_text(value):
    """A timedelta as `[-]HH:MM:SS[.ffffff]`, which both intervals and TIME columns accept."""
    micros = value // datetime.timedelta(microseconds=1)
    sign = "-" if micros < 0 else ""
    seconds, micros = divmod(abs(micros), 1_000_000)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{micros:06}" if micros else text


def temporal_text(value):
    """ISO 8601 of a date, time or datetime; an aware datetime in UTC, ending in Z."""
    if isinstance(value, datetime.datetime) and value.utcoffset() is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    return value.isoformat()


# Python itself turns no integer of more than sys.get_int_max_str_digits() digits into text or back,
# for the time it takes; decimals have a faster way, and the engine its own limit.


def integer(text):
    try:
        return int(text)
    except ValueError:
        return int(decimal.Decimal(text))


def integer_text(value):
    """The digits of an int."""
    bits_per_digit = 3.3219  # A little less, so that only what is too long for certain is refused here.
    if int.bit_length(value) < bits_per_digit * (MAX_DECIMAL_DIGITS + 1):
        text = str(decimal.Decimal(value))
        if len(text.lstrip("-")) <= MAX_DECIMAL_DIGITS:
            return text
    raise ValueError(f"the integer has more than {MAX_DECIMAL_DIGITS} digits")


def decimal_text(value):
    """Plain digits of a finite Decimal."""
    text = str(value)
    if "E" in text:
        if abs(value.adjusted()) > MAX_DECIMAL_DIGITS:
            raise ValueError(f"decimal {text} has more than {MAX_DECIMAL_DIGITS} digits")
        text = format(value, "f")
    return text


def float_text(value):
    """The text that src/base/number_text.cpp gives the same double."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = float.__repr__(value)
    if value and not 1e-6 <= abs(value) < 1e21:
        return text
    if value == math.trunc(value):
        return format(float(value), ".1f")
    return format(decimal.Decimal(text), "f")


def text(value):
    """The text of a `{{ }}` inside a string constant: the same as everywhere else in a workflow."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return integer_text(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return decimal_text(value)
    if isinstance(value, Table):
        return str(value)
    if isinstance(value, (list, dict)):
        return json.dumps(_with_float_texts(value), separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, (bytes, datetime.date, datetime.time, datetime.timedelta)):
        return _json_default(None, value)
    return str(value)


class _Digits:
    """A number that json.dumps writes as these digits."""

    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text


def _with_float_texts(value):
    if isinstance(value, float):
        return _Digits(float_text(value)) if math.isfinite(value) else float_text(value)
    if isinstance(value, dict):
        return {key: _with_float_texts(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_float_texts(element) for element in value]
    return value


# json.dumps has no hook that writes digits: decimals go through it as marked strings, whose quotes
# are taken off afterwards. The mark is random, so no text of a script or client can hold it.
_mark = ""
_marked = None


def _json_default(encoder, value):
    if isinstance(value, _Digits):
        return _mark + value.text
    if isinstance(value, decimal.Decimal):
        return _mark + decimal_text(value) if value.is_finite() else float_text(float(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return temporal_text(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.timedelta):
        return duration_text(value)
    return _original_default(encoder, value)


def _unmark(text):
    return _marked.sub(r"\1", text) if _mark in text else text


_original_default = json.JSONEncoder.default
_original_encode = json.JSONEncoder.encode
_original_iterencode = json.JSONEncoder.iterencode


def _encode(self, value):
    return _unmark(_original_encode(self, value))


def _iterencode(self, value, _one_shot=False):
    chunks = _original_iterencode(self, value, _one_shot)
    # encode() unmarks the joined text itself; chunk by chunk is for json.dump.
    return chunks if _one_shot else map(_unmark, chunks)


def teach_json():
    """Makes json.dumps and json.dump know decimals (as numbers), dates, times and bytes."""
    global _mark, _marked
    _mark = f"kdeps-decimal-{os.urandom(16).hex()}:"
    _marked = re.compile(f'"{_mark}([-+0-9.e]+)"')
    json.JSONEncoder.default = _json_default
    json.JSONEncoder.encode = _encode
    json.JSONEncoder.iterencode = _iterencode
