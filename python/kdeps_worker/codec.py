"""The binary form of values, in plain Python: for interpreters other than the embedded one.

src/worker/codec.cpp is the engine's side and describes the format; the executable kdeps-python
brings the same functions in C++ as `_kdeps_codec`.
"""

import datetime
import decimal
import re
import struct
import sys

from .values import MAX_DEPTH, Table, TooLarge
from .values import decimal_text, duration_text, integer, integer_text, temporal_text

_U32 = struct.Struct("<I")
_I64 = struct.Struct("<q")
_U64 = struct.Struct("<Q")
_F64 = struct.Struct("<d")
_FORMATS = ("json", "csv", "table")

__all__ = ["TooLarge", "encode", "decode", "encode_rows", "decode_rows"]


def encode(value, limit, call_number):
    """`value` as bytes; TooLarge past `limit`. Tables of call `call_number` may go by handle."""
    out = bytearray()
    _Writer(out, limit, call_number).write(value, 0)
    return bytes(out)


def decode(data):
    return _Reader(bytes(data)).read()


def encode_rows(rows, columns):
    """The cells of `rows` as they stand in an encoded table; None if a row has other columns."""
    out = bytearray(_U32.pack(len(rows)))
    writer = _Writer(out, None, 0)
    names = list(columns)
    for row in rows:
        if type(row) is not dict or list(row) != names:
            return None
        for cell in row.values():
            try:
                writer.write(cell, 0)
            except (TypeError, ValueError):
                return None
    return bytes(out)


def decode_rows(data, columns):
    return _Reader(data).rows(columns)


class _Writer:
    def __init__(self, out, limit, call_number):
        self._out = out
        self._limit = limit
        self._call_number = call_number

    def _text(self, tag, data):
        self._out += tag
        self._out += _U32.pack(len(data))
        self._out += data

    def write(self, value, depth):
        out = self._out
        if self._limit is not None and len(out) > self._limit:
            raise TooLarge
        if depth > MAX_DEPTH:
            raise ValueError(f"the value is nested deeper than {MAX_DEPTH} levels")
        if value is None:
            out += b"N"
        elif value is True:
            out += b"T"
        elif value is False:
            out += b"F"
        elif isinstance(value, str):
            self._text(b"s", value.encode("utf-8"))
        elif isinstance(value, int):
            if -(1 << 63) <= value < 1 << 63:
                out += b"i" + _I64.pack(value)
            else:
                self._text(b"I", integer_text(value).encode())
        elif isinstance(value, float):
            out += b"d" + _F64.pack(value)
        elif isinstance(value, Table) and self._is_known(value):
            out += b"h" + _U64.pack(value.handle)
        elif isinstance(value, (list, tuple)):
            out += b"l" + _U32.pack(len(value))
            for item in value:
                self.write(item, depth + 1)
        elif isinstance(value, dict):
            out += b"o" + _U32.pack(len(value))
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(
                        f"dict keys must be str, not {type(key).__name__} (key {key!r})"
                    )
                name = key.encode("utf-8")
                out += _U32.pack(len(name)) + name
                self.write(item, depth + 1)
        else:
            self._write_rare(value)
        if self._limit is not None and len(out) > self._limit:
            raise TooLarge

    def _is_known(self, table):
        return table.handle >> 32 == self._call_number and table.is_unmodified(
            sys.modules[__name__]
        )

    def _write_rare(self, value):
        if isinstance(value, decimal.Decimal):
            if value.is_finite():
                self._text(b"D", decimal_text(value).encode())
            else:
                self._out += b"d" + _F64.pack(float(value) if not value.is_snan() else float("nan"))
        elif isinstance(value, (bytes, bytearray, memoryview)):
            self._text(b"b", bytes(value))
        elif isinstance(value, datetime.datetime):
            tag = b"r" if value.utcoffset() is None else b"z"
            self._text(tag, temporal_text(value).encode())
        elif isinstance(value, datetime.date):
            self._text(b"p", temporal_text(value).encode())
        elif isinstance(value, datetime.time):
            self._text(b"q", temporal_text(value).encode())
        elif isinstance(value, datetime.timedelta):
            self._text(b"s", duration_text(value).encode())
        else:
            raise TypeError(f"a value of type {type(value).__name__} cannot leave a script")


_DATE = r"(\d{4})-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?"
_PATTERNS = {
    "p": (re.compile(_DATE), datetime.date, None),
    "q": (re.compile(_TIME), datetime.time, None),
    "r": (re.compile(f"{_DATE}T{_TIME}"), datetime.datetime, None),
    "z": (re.compile(f"{_DATE}T{_TIME}Z"), datetime.datetime, datetime.timezone.utc),
}


def _temporal(tag, text):
    """The datetime object of an ISO text, or the text where Python has no such value."""
    pattern, kind, zone = _PATTERNS[tag]
    found = pattern.fullmatch(text)
    if found is None:
        return text
    parts = list(found.groups())
    if tag != "p":
        parts[-1] = (parts[-1] or "0").ljust(6, "0")
    try:
        numbers = map(int, parts)
        return kind(*numbers) if zone is None else kind(*numbers, zone)
    except ValueError:
        return text


class _Reader:
    def __init__(self, data):
        self._data = data
        self._at = 0

    def _u32(self):
        (value,) = _U32.unpack_from(self._data, self._at)
        self._at += 4
        return value

    def _raw(self):
        size = self._u32()
        begin = self._at
        self._at += size
        if self._at > len(self._data):
            raise ValueError("a message ends early")
        return self._data[begin : self._at]

    def _string(self):
        return self._raw().decode("utf-8", "replace")

    def _fixed(self, form):
        (value,) = form.unpack_from(self._data, self._at)
        self._at += form.size
        return value

    def read(self):
        tag = chr(self._data[self._at])
        self._at += 1
        if tag == "s":
            return self._string()
        if tag == "i":
            return self._fixed(_I64)
        if tag == "N":
            return None
        if tag in "TF":
            return tag == "T"
        if tag == "d":
            return self._fixed(_F64)
        if tag == "l":
            return [self.read() for _ in range(self._u32())]
        if tag == "o":
            return {self._string(): self.read() for _ in range(self._u32())}
        if tag == "D":
            return decimal.Decimal(self._string())
        if tag == "I":
            return integer(self._string())
        if tag == "b":
            return self._raw()
        if tag in _PATTERNS:
            return _temporal(tag, self._string())
        if tag == "t":
            return self._table()
        raise ValueError(f"unknown tag {tag!r} in a message")

    def _table(self):
        handle = self._fixed(_U64)
        form, truncated = self._data[self._at : self._at + 2]
        self._at += 2
        columns = tuple(self._string() for _ in range(self._u32()))
        begin = self._at
        rows = self.rows(columns)
        source = self._data[begin : self._at]
        return Table(rows, columns, _FORMATS[form], bool(truncated), handle, source)

    def rows(self, columns):
        return [{name: self.read() for name in columns} for _ in range(self._u32())]
