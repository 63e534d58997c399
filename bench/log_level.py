#!/usr/bin/env python3
"""What does the log cost at its default level?

The route of primary_key_route.py, wrk with 16 connections, from a server that logs every request into
a file beside one that logs warnings only; and the processor time of each per request.
"""
import os
import statistics
import subprocess
from pathlib import Path

from primary_key_route import RANDOM_ID
from support import SECONDS, alternate, database_servers, get, kdeps, need, ratio_line, spread, workflow, wrk


def processor_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(url, process):
    """(requests per second, microseconds of processor time per request)."""
    before = processor_seconds(process)
    rate = wrk(url + "/bench", 16, script=RANDOM_ID)[0]
    return rate, (processor_seconds(process) - before) / (rate * SECONDS) * 1e6


def main():
    need("wrk", "pgbench")
    with database_servers() as servers:
        dsn = servers["postgres"]
        subprocess.run(["pgbench", "-i", "-q", "-s", "10", dsn], check=True, capture_output=True)
        files = {
            "workflow.yaml": workflow("account", 'db: {connection: "${BENCH_DSN}", '
                                      "pool: {maxConnections: 8, minConnections: 8}}"),
            "resources/account.yaml": "actionId: account\nsql:\n  connectionName: db\n"
            "  query: SELECT abalance FROM pgbench_accounts WHERE aid = {{ get('aid') }}\n",
        }
        environment = {"BENCH_DSN": dsn}
        with kdeps(files, environment, "info") as info, kdeps(files, environment, "warning") as warning:
            print(get(info[0] + "/bench?aid=1"))
            ours, theirs = alternate(lambda: measured(*info), lambda: measured(*warning))
    ratio_line("level info / warning", [rate for rate, _ in ours], [rate for rate, _ in theirs])
    for name, results in ("info", ours), ("warning", theirs):
        print(f"{name}: {spread([cpu for _, cpu in results])} us of processor time per request")
    print(f"a line costs {statistics.median(a - b for (_, a), (_, b) in zip(ours, theirs)):.2g} us")


if __name__ == "__main__":
    main()
