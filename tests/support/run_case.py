#!/usr/bin/env python3
"""Runs .case files against the real program: run_case.py --kdeps PATH FILE...

A case is a text in sections. Sections named like files are written into an empty folder; the others
act, in order, inside it:

    # about: one line, for people
    # needs: KDEPS_TEST_MYSQL                      skipped without that environment variable
    -- workflow.yaml --                            a file
    -- copy: examples/NAME --                      that folder of the repository, without databases
    -- env: NAME=value --                          for everything that follows
    -- run: kdeps validate .; exit 2; stderr --    a command; its output must be the section's text
    -- run: kdeps reload; times 9 --               one after the other, each checked
    -- serve: kdeps run . --                       a server on a free port, until the case ends
    -- serve: kdeps run .; log unread --           whose standard error is a pipe that nobody reads
    -- request: GET /path; status 200 --           an answer's body must be the section's text
    -- request: GET /path; status 200; times 9 --  one after the other, each checked
    -- request: GET /path; status 200; meanwhile --  while the case goes on, checked at its end
    -- request: GET /path; unread --               the answer is not read, until `leave`
    -- leave --                                    the clients of `unread` go away
    -- wait --                                     for all that began `meanwhile`
    -- wait: NAME --                               until there is that file
    -- signal: TERM; exit 0 --                     to the server; with `exit`, it must end
    -- log --                                      lines of the server's log, in this order; a line
                                                   that begins with `! ` must not be there

In expected text `<any>` stands for anything within a line. A JSON body is compared as JSON, with its
keys in order. Lines of a request's section that begin with `> ` are request headers, `< ` expected
answer headers, empty if the header must not be there; `POST /path {"a": 1}` sends the rest of the line
as a JSON body. What would not be compared, such as the text of a `run` without `stderr` or `stdout`, is
an error.
"""
import argparse
import gzip
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMIT_SECONDS = 60
ROOT = Path(__file__).resolve().parent.parent.parent


class CaseFailed(Exception):
    pass


class Section:
    """`action: what; option; option value`, and the text below it."""

    def __init__(self, header, body):
        self.header, self.body = header, body
        self.action, _, rest = header.partition(":")
        self.what, *options = rest.strip().split("; ")
        self.options = dict((option.split(" ", 1) + [""])[:2] for option in options)

    def allow(self, *options, body=False):
        """Nothing may be written that has no effect."""
        unknown = set(self.options) - set(options)
        if unknown:
            raise CaseFailed(f"-- {self.header} --: unknown option '{unknown.pop()}'")
        if self.body.strip() and not body:
            raise CaseFailed(f"-- {self.header} --: its text is compared with nothing")

    def number(self, option, default=None):
        return int(self.options[option]) if option in self.options else default


def sections(text):
    parts = re.split(r"(?m)^-- (.+?) --$\n?", text)
    for line in parts[0].splitlines():
        if line and not line.startswith("#"):
            raise CaseFailed(f"text before the first section: {line}")
    return [Section(header, body) for header, body in zip(parts[1::2], parts[2::2])]


def pattern_of(expected):
    return ".*".join(re.escape(part) for part in expected.split("<any>"))


def compare(actual, expected, what):
    actual, expected = actual.rstrip("\n"), expected.rstrip("\n")
    if not re.fullmatch(pattern_of(expected), actual):
        raise CaseFailed(f"{what}\n--- expected\n{expected}\n--- got\n{actual}\n---")


def ordered(text):
    return json.loads(text, object_pairs_hook=lambda pairs: ["object", *map(list, pairs)], parse_float=str)


def compare_body(actual, expected, what):
    try:
        normal_actual = json.dumps(ordered(actual), ensure_ascii=False)
        # An <any> outside of texts is no JSON: it becomes a text first.
        as_json = re.sub(r'"(?:[^"\\]|\\.)*"|<any>', lambda found: found[0] if found[0] != "<any>" else '"<bare>"', expected)
        normal_expected = json.dumps(ordered(as_json), ensure_ascii=False)
    except ValueError:
        compare(actual, expected, what)
        return
    pattern = re.escape(normal_expected).replace(re.escape('"<bare>"'), ".*").replace(re.escape("<any>"), r'(?:[^"\\]|\\.)*')
    if not re.fullmatch(pattern, normal_actual):
        raise CaseFailed(f"{what}\n--- expected\n{expected.strip()}\n--- got\n{actual.strip()}\n---")


def until(condition, failure):
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise CaseFailed(failure() if callable(failure) else failure)
        time.sleep(0.02)


class Case:
    def __init__(self, path, kdeps):
        self.path = path
        self.kdeps = os.path.abspath(kdeps)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("KDEPS_") or "TEST" in k}
        self.server = None
        self.port = None
        self.unread = []  # sockets and pipes that nobody reads
        self.begun = []  # requests that run meanwhile
        self.threads = ThreadPoolExecutor(max_workers=64)

    def run(self):
        text = self.path.read_text(encoding="utf-8")
        needed = re.findall(r"(?m)^# needs: (\w+)$", text)
        absent = [name for name in needed if not os.environ.get(name)]
        if absent:
            print(f"skip {self.path.name}: {', '.join(absent)} not set")
            return
        with tempfile.TemporaryDirectory(prefix="kdeps-case-") as folder:
            self.folder = Path(folder)
            try:
                for section in sections(text):
                    self.act(section)
                self.wait()
            finally:
                self.stop_server()
                self.threads.shutdown()

    def act(self, section):
        action, body = section.action, section.body
        if action == "run":
            for _ in range(section.number("times", 1)):
                self.run_command(section)
        elif action == "serve":
            self.serve(section)
        elif action == "request":
            self.begin_request(section)
        elif action == "wait":
            section.allow()
            if section.what:
                until((self.folder / section.what).exists, f"there is no '{section.what}'")
            else:
                self.wait()
        elif action == "leave":
            section.allow()
            self.leave()
        elif action == "signal":
            self.signal(section)
        elif action == "log":
            section.allow(body=True)
            self.check_log(body.splitlines())
        elif action == "copy":
            section.allow()
            shutil.copytree(ROOT / section.what, self.folder, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("*.db*"))
        elif action == "env":
            section.allow()
            name, _, value = section.what.partition("=")
            self.environment[name] = os.path.expandvars(value)
        elif ":" in section.header or " " in section.header:
            raise CaseFailed(f"-- {section.header} --: neither an action nor a file")
        else:
            path = self.folder / section.header
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")

    def command(self, text):
        words = shlex.split(text)
        return [self.kdeps if word == "kdeps" else word for word in words]

    def run_command(self, section):
        streams = [name for name in ("stdout", "stderr") if name in section.options]
        section.allow("exit", "times", *streams[:1], body=bool(streams))
        command, exit_code = section.what, section.number("exit", 0)
        done = subprocess.run(self.command(command), cwd=self.folder, env=self.environment, capture_output=True,
                              encoding="utf-8", timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)
        if done.returncode != exit_code:
            raise CaseFailed(f"`{command}` ended with {done.returncode} instead of {exit_code}\n"
                             f"{done.stdout}{done.stderr}")
        for stream in streams:
            compare(getattr(done, stream), section.body, f"{stream} of `{command}`")

    def serve(self, section):
        section.allow("log")
        self.stop_server()
        stderr = log = open(self.folder / "server.log", "wb")
        if section.options.get("log") == "unread":
            read_end, write_end = os.pipe()
            self.unread.append(open(read_end, "rb"))
            stderr = open(write_end, "wb")
        self.server = subprocess.Popen([*self.command(section.what), "--port", "0"], cwd=self.folder,
                                       env=self.environment, stdout=log, stderr=stderr, stdin=subprocess.DEVNULL)
        log.close()
        stderr.close()
        started = re.compile(r"(?m)^listening on http://.*:(\d+)$")
        until(lambda: started.search(self.log()) or self.server.poll() is not None, "it prints no port")
        if not (found := started.search(self.log())):
            raise CaseFailed(f"`{section.what}` did not start:\n{self.log()}")
        self.port = int(found[1])

    def log(self):
        return (self.folder / "server.log").read_text(encoding="utf-8")

    def begin_request(self, section):
        section.allow("status", "times", "meanwhile", "unread", body="unread" not in section.options)
        if "unread" in section.options:
            self.request_unread(section.what)
        elif "status" not in section.options:
            raise CaseFailed(f"-- {section.header} --: says no status")
        elif "meanwhile" in section.options:
            self.begun += [self.threads.submit(self.request, section) for _ in range(section.number("times", 1))]
        else:
            for _ in range(section.number("times", 1)):
                self.request(section)

    def wait(self):
        begun, self.begun = self.begun, []
        for request in begun:
            request.result()

    def request_unread(self, what):
        method, path = what.split(" ")
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.port))
        client.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.unread.append(client)

    def leave(self):
        for each in self.unread:
            each.close()
        self.unread.clear()

    @staticmethod
    def fields(lines, mark):
        """Header fields: those of `lines` that begin with `mark`."""
        fields = (line[len(mark):].partition(":") for line in lines if line.startswith(mark))
        return {name: value.strip() for name, _, value in fields}

    def request(self, section):
        method, path, *payload = section.what.split(" ", 2)
        lines = section.body.splitlines(keepends=True)
        headers, wanted = self.fields(lines, "> "), self.fields(lines, "< ")
        expected = "".join(line for line in lines if not re.match("[<>] ", line))
        if payload:
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        connection.request(method, path, payload[0].encode() if payload else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        # Brotli stays as it is: only its headers can be compared.
        text = content.decode("utf-8", errors="replace")
        connection.close()
        what, status = section.what, section.number("status")
        if answer.status != status:
            raise CaseFailed(f"{what}: status {answer.status} instead of {status}\n{text}\n--- log\n{self.log()}")
        for name, value in wanted.items():
            compare(answer.headers.get(name) or "", value, f"{what}: header {name}")
        if expected.strip():
            compare_body(text, expected, f"{what}: body")

    def check_log(self, expected):
        # It is written by a thread of its own.
        until(lambda: self.log_has([line for line in expected if not line.startswith("! ")]),
              lambda: "the log lacks lines\n--- expected\n{}\n--- got\n{}\n---".format(
                  "\n".join(expected), self.log()))
        for line in expected:
            if line.startswith("! ") and self.log_has([line[2:]]):
                raise CaseFailed(f"the log has `{line[2:]}`:\n{self.log()}")

    def log_has(self, lines):
        rest = iter(self.log().splitlines())
        return all(any(re.fullmatch(pattern_of(line), each) for each in rest) for line in lines)

    def signal(self, section):
        section.allow("exit")
        self.server.send_signal(getattr(signal, "SIG" + section.what))
        if "exit" in section.options:
            self.await_end(section.number("exit"), f"SIG{section.what}")

    def await_end(self, code, cause):
        server, self.server = self.server, None
        try:
            ended = server.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise CaseFailed(f"the server did not stop after {cause}") from None
        if ended != code:
            raise CaseFailed(f"the server ended with {ended} instead of {code}:\n{self.log()}")

    def stop_server(self):
        try:
            if self.server is not None:
                self.server.send_signal(signal.SIGTERM)
                self.await_end(0, "SIGTERM")
        finally:
            self.leave()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kdeps", required=True)
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    failed = 0
    for path in options.files:
        try:
            Case(path, options.kdeps).run()
        except (CaseFailed, OSError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAIL {path}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
