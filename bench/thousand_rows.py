#!/usr/bin/env python3
"""How fast do rows become JSON?

1,000 rows x 8 columns over HTTP with 8 connections, beside `pgbench -c 4 -j 2` running the same
query and throwing the rows away.
"""
import subprocess
import tempfile

from support import alternate, database_servers, get, kdeps, need, pgbench, ratio_line, workflow, wrk

TABLE = """
DROP TABLE IF EXISTS thousand;
CREATE TABLE thousand AS
SELECT n AS id, 'user ' || n AS name, 'user' || n || '@example.com' AS email, n * 7 AS age,
       (n * 1.25)::numeric(12,2) AS balance, n % 2 = 0 AS active, date '2024-01-01' + (n % 365)::int AS day,
       sqrt(n) AS score
FROM generate_series(1, 1000) AS n;
ANALYZE thousand;
"""
QUERY = "SELECT id, name, email, age, balance, active, day, score FROM thousand"


def main():
    need("wrk", "pgbench", "psql")
    with database_servers() as servers, tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        dsn = servers["postgres"]
        subprocess.run(["psql", "-q", "-X", dsn], input=TABLE, encoding="utf-8", check=True)
        script.write(QUERY + ";\n")
        script.flush()
        pool = "pool: {maxConnections: 8, minConnections: 8}"
        files = {
            "workflow.yaml": workflow("rows", 'db: {connection: "${BENCH_DSN}", ' + pool + "}"),
            "resources/rows.yaml": f'actionId: rows\nsql: {{connectionName: db, query: "{QUERY}"}}\n',
        }
        with kdeps(files, {"BENCH_DSN": dsn}) as (url, _):
            print(f"{len(get(url + '/bench'))} bytes")
            ours, theirs = alternate(
                lambda: wrk(url + "/bench", 8)[0],
                lambda: pgbench(dsn, "-f", script.name, "-M", "prepared", "-c", "4", "-j", "2"))
    ratio_line("1000 rows x 8 columns / pgbench", ours, theirs)


if __name__ == "__main__":
    main()
