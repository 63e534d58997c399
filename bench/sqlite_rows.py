#!/usr/bin/env python3
"""How fast do rows of an SQLite file become JSON over HTTP?

1,000 rows x 8 columns with 8 connections, beside Python's own sqlite3 and json modules doing the same
in one thread without HTTP. With BEFORE=/path/to/another/kdeps that build is measured in the same run.
"""
import json
import os
import sqlite3
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import support
from support import SECONDS, alternate, get, kdeps, need, ratio_line, workflow, wrk

TABLE = """
CREATE TABLE thousand AS
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
SELECT n AS id, 'user ' || n AS name, 'user' || n || '@example.com' AS email, n * 7 AS age,
       n * 1.25 AS balance, n % 2 = 0 AS active, date('2024-01-01', '+' || (n % 365) || ' days') AS day,
       n / 3.0 AS score
FROM numbers;
"""
QUERY = "SELECT id, name, email, age, balance, active, day, score FROM thousand"


def python_alone(file):
    """Times per second that one thread reads the rows and prints them as JSON."""
    connection = sqlite3.connect(file)
    count, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        cursor = connection.execute(QUERY)
        names = [column[0] for column in cursor.description]
        json.dumps([dict(zip(names, row)) for row in cursor], separators=(",", ":"))
        count += 1
    connection.close()
    return count / SECONDS


def main():
    need("wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kdeps-bench-")))
        file = folder / "rows.db"
        sqlite3.connect(file).executescript(TABLE).connection.close()
        files = {
            "workflow.yaml": workflow("rows", f'db: {{connection: "sqlite://{file}", pool: {{maxConnections: 4}}}}'),
            "resources/rows.yaml": f'actionId: rows\nsql: {{connectionName: db, query: "{QUERY}"}}\n',
        }
        ours = stack.enter_context(kdeps(files))[0] + "/bench"
        measured = [lambda: wrk(ours, 8)[0], lambda: python_alone(file)]
        before = os.environ.get("BEFORE")
        if before:
            support.KDEPS = Path(before)
            earlier = stack.enter_context(kdeps(files))[0] + "/bench"
            measured.append(lambda: wrk(earlier, 8)[0])
        print(f"{len(get(ours))} bytes")
        rates = alternate(*measured)
    ratio_line("1000 rows x 8 columns of SQLite / Python in one thread", rates[0], rates[1])
    if before:
        ratio_line("the same / another build", rates[0], rates[2])


if __name__ == "__main__":
    main()
