#!/usr/bin/env python3
"""Runs .case files against the real program: run_case.py --kdeps PATH FILE...

A case is a text in sections. Sections named like files are written into an empty folder; the others
act, in order, inside it:

    # about: one line, for people
    -- workflow.yaml --                            a file
    -- copy: examples/NAME --                      that folder of the repository, without databases
    -- env: NAME=value --                          for everything that follows
    -- run: kdeps validate .; exit 2; stderr --    a command; its output must be the section's text
    -- serve: kdeps run . --                       a server on a free port, until the case ends
    -- request: GET /path; status 200 --           an answer's body must be the section's text

In expected text `<any>` stands for anything within a line. A JSON body is compared as JSON, with its
keys in order. Lines of a request's section that begin with `> ` are request headers, `< ` expected
answer headers; `POST /path {"a": 1}` sends the rest of the line as a JSON body.
"""
import argparse
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
from pathlib import Path

LIMIT_SECONDS = 60
ROOT = Path(__file__).resolve().parent.parent.parent


class CaseFailed(Exception):
    pass


def sections(text):
    """(header, body) of every section, in order."""
    parts = re.split(r"(?m)^-- (.+?) --$\n?", text)
    return list(zip(parts[1::2], parts[2::2]))


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
        # A bare <any> is no JSON: it becomes a string first.
        normal_expected = json.dumps(ordered(re.sub(r'(?<!")<any>(?!")', '"<bare>"', expected)), ensure_ascii=False)
    except ValueError:
        compare(actual, expected, what)
        return
    pattern = re.escape(normal_expected).replace(re.escape('"<bare>"'), ".*").replace(re.escape("<any>"), '[^"]*')
    if not re.fullmatch(pattern, normal_actual):
        raise CaseFailed(f"{what}\n--- expected\n{expected.strip()}\n--- got\n{actual.strip()}\n---")


class Case:
    def __init__(self, path, kdeps):
        self.path = path
        self.kdeps = os.path.abspath(kdeps)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("KDEPS_") or "TEST" in k}
        self.server = None
        self.port = None

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
                for header, body in sections(text):
                    self.section(header, body)
            finally:
                self.stop_server()

    def section(self, header, body):
        action, _, rest = header.partition(": ")
        if action == "run":
            self.run_command(rest, body)
        elif action == "serve":
            self.serve(rest)
        elif action == "request":
            self.request(rest, body)
        elif action == "copy":
            shutil.copytree(ROOT / rest, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db*"))
        elif action == "env":
            name, _, value = rest.partition("=")
            self.environment[name] = os.path.expandvars(value)
        else:
            path = self.folder / header
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")

    def command(self, text):
        words = shlex.split(text)
        return [self.kdeps if word == "kdeps" else word for word in words]

    def run_command(self, rest, expected):
        command, *options = [part.strip() for part in rest.split("; ")]
        done = subprocess.run(self.command(command), cwd=self.folder, env=self.environment, capture_output=True,
                              encoding="utf-8", timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)
        exit_code = next((int(option.split()[1]) for option in options if option.startswith("exit ")), 0)
        if done.returncode != exit_code:
            raise CaseFailed(f"`{command}` ended with {done.returncode} instead of {exit_code}\n"
                             f"{done.stdout}{done.stderr}")
        if "stderr" in options:
            compare(done.stderr, expected, f"standard error of `{command}`")
        elif "stdout" in options:
            compare(done.stdout, expected, f"standard output of `{command}`")

    def serve(self, command):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(self.folder / "server.log", "wb")
        self.server = subprocess.Popen([*self.command(command), "--port", str(self.port)], cwd=self.folder,
                                       env=self.environment, stdout=self.log, stderr=self.log,
                                       stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + LIMIT_SECONDS
        while b"listening on" not in (self.folder / "server.log").read_bytes():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise CaseFailed(f"`{command}` did not start:\n{(self.folder / 'server.log').read_text()}")
            time.sleep(0.02)

    def request(self, rest, body):
        what, *options = rest.split("; ")
        method, path, *payload = what.split(" ", 2)
        lines = body.splitlines(keepends=True)
        headers = dict(line[2:].strip().split(": ", 1) for line in lines if line.startswith("> "))
        wanted = dict(line[2:].strip().split(": ", 1) for line in lines if line.startswith("< "))
        expected = "".join(line for line in lines if not re.match("[<>] ", line))
        if payload:
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        connection.request(method, path, payload[0].encode() if payload else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        connection.close()
        status = next(int(option.split()[1]) for option in options if option.startswith("status "))
        if answer.status != status:
            log = (self.folder / "server.log").read_text()
            raise CaseFailed(f"{what}: status {answer.status} instead of {status}\n{text}\n--- log\n{log}")
        for name, value in wanted.items():
            compare(answer.headers.get(name) or "", value, f"{what}: header {name}")
        if expected.strip():
            compare_body(text, expected, f"{what}: body")

    def stop_server(self):
        if self.server is None:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            code = self.server.wait(15)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
            raise CaseFailed("the server did not stop within 15 s of SIGTERM") from None
        finally:
            self.log.close()
        if code != 0:
            raise CaseFailed(f"the server ended with {code}:\n{(self.folder / 'server.log').read_text()}")


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
