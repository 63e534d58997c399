"""Unit tests of python/kdeps_worker with the codec in plain Python: package_test.py FOLDER."""

import datetime
import decimal
import errno
import json
import os
import random
import resource
import socket
import struct
import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

from kdeps_worker import codec, failure, script, values, zygote  # noqa: E402


def compiled(source, slot_names=()):
    return script.Script("report", source, list(slot_names))


def run(source, slot_names=(), **names):
    return compiled(source, slot_names).run({"__kdeps_text__": values.text, **names})


class ScriptTest(unittest.TestCase):
    def test_top_level_return_makes_every_name_global(self):
        namespace = {}
        program = "import os.path as p\nfor i in [1]: pass\nwith open('/dev/null') as f: pass\nreturn p"
        compiled(program).run(namespace)
        self.assertLessEqual({"p", "i", "f"}, set(namespace))

    def test_line_numbers_survive_slots_and_wrapping(self):
        program = compiled("x = '''a\n__kdeps_slot_0__\n'''\nreturn 1 / 0", ["__kdeps_slot_0__"])
        try:
            program.run({"__kdeps_text__": values.text, "__kdeps_slot_0__": 1})
            self.fail("no exception")
        except ZeroDivisionError as error:
            self.assertEqual(failure.describe(error, program)[2:], [4, 7, 5])

    def test_slots_with_a_common_prefix_are_told_apart(self):
        names = [f"__kdeps_slot_{i}__" for i in range(12)]
        text = "return '" + " ".join(names) + "'"
        expected = " ".join(str(i) for i in range(12))
        self.assertEqual(run(text, names, **{n: i for i, n in enumerate(names)}), expected)

    def test_slot_in_format_specification(self):
        self.assertEqual(
            run("return f'{5:__kdeps_slot_0__}'", ["__kdeps_slot_0__"], __kdeps_slot_0__="03"), "005"
        )

    def test_a_name_that_is_no_slot_stays_text(self):
        self.assertEqual(run("return '__kdeps_slot_7__'", ["__kdeps_slot_0__"]), "__kdeps_slot_7__")

    def test_script_runs_again_with_fresh_globals(self):
        program = compiled("n = globals().get('n', 0) + 1\nreturn n")
        self.assertEqual([program.run({}), program.run({})], [1, 1])

    def test_return_inside_nested_scopes_is_not_top_level(self):
        namespace = {}
        compiled("f = lambda: 1\nclass A:\n    def g(self):\n        return 2\n").run(namespace)
        self.assertIn("A", namespace)


class CodecTest(unittest.TestCase):
    def through(self, value):
        return codec.decode(codec.encode(value, 1 << 20, 0))

    def test_values_come_back(self):
        utc = datetime.timezone.utc
        for value in [
            None, True, 0, -(1 << 63), 1 << 63, 10**40, 0.5, "ä\0", b"\xff", [], [1, [None]],
            {"a": {"b": [1]}}, decimal.Decimal("19.90"), decimal.Decimal("-0.00"),
            datetime.date(2024, 2, 29), datetime.time(1, 2, 3, 4),
            datetime.datetime(1, 1, 1), datetime.datetime(2024, 1, 2, 3, 4, 5, 6, utc),
        ]:
            back = self.through(value)
            self.assertEqual((type(back), repr(back)), (type(value), repr(value)))

    def test_random_values_come_back(self):
        source = random.Random(7)

        def make(depth):
            kind = source.randrange(8 if depth else 6)
            if kind == 6:
                return [make(depth - 1) for _ in range(source.randrange(4))]
            if kind == 7:
                return {chr(97 + i): make(depth - 1) for i in range(source.randrange(4))}
            return [
                None, source.random(), source.getrandbits(70), str(source.random()),
                source.randbytes(3), decimal.Decimal(source.getrandbits(80)).scaleb(-5),
            ][kind]

        for _ in range(500):
            value = make(4)
            self.assertEqual(repr(self.through(value)), repr(value))

    def test_limit(self):
        with self.assertRaises(values.TooLarge):
            codec.encode(["x" * 100] * 100, 5000, 0)

    def test_truncated_messages_are_refused(self):
        data = codec.encode(["text", 1], 1000, 0)
        for size in range(len(data)):
            with self.assertRaises(Exception):
                codec.decode(data[:size])


class TextTest(unittest.TestCase):
    def test_json_of_a_text_that_looks_like_a_decimal_mark(self):
        values.teach_json()
        text = "kdeps-decimal-0123456789abcdef0123456789abcdef:1"
        self.assertEqual(json.loads(json.dumps({"a": text, "b": decimal.Decimal("1.0")})),
                         {"a": text, "b": 1.0})

    def test_json_still_refuses_what_it_does_not_know(self):
        values.teach_json()
        with self.assertRaises(TypeError):
            json.dumps(object())

    def test_floats_as_everywhere_else_in_a_workflow(self):
        values.teach_json()
        for value, text in [
            (2.0, "2.0"), (-0.0, "-0.0"), (0.1, "0.1"), (1e16, "10000000000000000.0"),
            (1.5e20, "150000000000000000000.0"), (1e21, "1e+21"), (1e-5, "0.00001"),
            (1.25e-6, "0.00000125"), (9e-7, "9e-07"), (5e-324, "5e-324"), (1e300, "1e+300"),
        ]:
            self.assertEqual(values.text(value), text)
            self.assertEqual(values.text([value, {"a": value}]), f'[{text},{{"a":{text}}}]')
        self.assertEqual(values.text([float("nan"), float("-inf")]), '["NaN","-Infinity"]')

    def test_durations(self):
        self.assertEqual(values.duration_text(datetime.timedelta(days=-1, microseconds=1)),
                         "-23:59:59.999999")


class ZygoteTest(unittest.TestCase):
    """Requests lie there before the zygote reads the first one; its workers are numbers."""

    FORKED = 7

    def open(self):
        self.control, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def request_fork(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        null = os.open(os.devnull, os.O_RDWR)
        socket.send_fds(self.control, [b"F"], [theirs.fileno(), null, null, null])
        theirs.close()
        os.close(null)
        return ours

    def serve(self, free_descriptors=None):
        def fork(control, answer_fd, fds, *_):
            os.write(forks, b"f")
            for fd in fds:
                os.close(fd)
            return -self.FORKED

        self.forks, forks = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self.control.close()
            zygote.fork = fork
            if free_descriptors is not None:
                lowest = os.dup(0)
                os.close(lowest)
                limit = lowest + free_descriptors
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, 256))
            zygote.serve(self.theirs.detach())
        os.close(forks)
        self.theirs.close()

    def answer(self, ours):
        with ours:
            ours.settimeout(20)
            return struct.unpack("<i", ours.recv(4))[0]

    def end(self):
        """Ends it; returns how often it has forked."""
        self.control.close()
        self.assertEqual(os.waitpid(self.pid, 0)[1], 0)
        with open(self.forks, "rb") as forks:
            return len(forks.read())

    def test_nothing_is_forked_for_those_who_left(self):
        self.open()
        for _ in range(5):
            self.request_fork().close()
        waiting = self.request_fork()
        self.serve()
        self.assertEqual(self.answer(waiting), -self.FORKED)
        self.assertEqual(self.end(), 1)

    def test_descriptors_without_room_refuse_one_request(self):
        for room in range(4):
            self.open()
            refused = self.request_fork()
            self.serve(room)
            if room > 0:
                self.assertEqual(self.answer(refused), -errno.EMFILE)
            else:
                self.assertEqual(refused.recv(4), b"")
                refused.close()
            resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (256, 256))
            self.assertEqual(self.answer(self.request_fork()), -self.FORKED)
            self.assertEqual(self.end(), 1)


unittest.main()
