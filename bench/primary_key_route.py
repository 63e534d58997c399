#!/usr/bin/env python3
"""How much of pgbench's prepared point reads survives HTTP and JSON?

GET -> one prepared SELECT by primary key on PostgreSQL -> JSON, wrk with 16 connections, beside
`pgbench -S -M prepared -c 8 -j 2` on the same server.
"""
import statistics
import subprocess

from support import alternate, database_servers, get, kdeps, need, pgbench, ratio_line, spread, workflow, wrk

RANDOM_ID = """
math.randomseed(os.time())
request = function() return wrk.format("GET", "/bench?aid=" .. math.random(1, 1000000)) end
"""


def main():
    need("wrk", "pgbench")
    with database_servers() as servers:
        dsn = servers["postgres"]
        subprocess.run(["pgbench", "-i", "-q", "-s", "10", dsn], check=True, capture_output=True)
        pool = "pool: {maxConnections: 8, minConnections: 8}"
        files = {
            "workflow.yaml": workflow("account", 'db: {connection: "${BENCH_DSN}", ' + pool + "}"),
            "resources/account.yaml": "actionId: account\nsql:\n  connectionName: db\n"
            "  query: SELECT abalance FROM pgbench_accounts WHERE aid = {{ get('aid') }}\n",
        }
        with kdeps(files, {"BENCH_DSN": dsn}) as (url, _):
            print(get(url + "/bench?aid=1"))
            ours, theirs = alternate(lambda: wrk(url + "/bench", 16, script=RANDOM_ID),
                                     lambda: pgbench(dsn, "-S", "-M", "prepared", "-c", "8", "-j", "2"))
    ratio_line("primary key route / pgbench", [rate for rate, _, _ in ours], theirs)
    print(f"p99 / median latency: {spread([p99 / median for _, median, p99 in ours])}, "
          f"median {statistics.median(median for _, median, _ in ours):.2f} ms")


if __name__ == "__main__":
    main()
