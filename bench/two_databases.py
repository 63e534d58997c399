#!/usr/bin/env python3
"""Do independent queries on two databases run at the same time?

Two queries of 100 ms, one on PostgreSQL and one on MariaDB, both needed by the answer.
"""
import time

from support import ROUNDS, database_servers, get, kdeps, need, spread, workflow


def main():
    need("psql")
    with database_servers() as servers:
        files = {
            "workflow.yaml": workflow("both", 'a: {connection: "${A_DSN}"}, b: {connection: "${B_DSN}"}'),
            "resources/a.yaml": "actionId: a\nsql: {connectionName: a, query: SELECT pg_sleep(0.1)}\n",
            "resources/b.yaml": "actionId: b\nsql: {connectionName: b, query: SELECT SLEEP(0.1)}\n",
            "resources/both.yaml": "actionId: both\nrequires: [a, b]\napiResponse:\n"
            "  response: {a: \"len(get('a'))\", b: \"len(get('b'))\"}\n",
        }
        with kdeps(files, {"A_DSN": servers["postgres"], "B_DSN": servers["mysql"]}) as (url, _):
            print(get(url + "/bench"))
            times = []
            for _ in range(4 * ROUNDS):
                started = time.monotonic()
                get(url + "/bench")
                times.append(1000 * (time.monotonic() - started))
    print(f"two 100 ms queries: {spread(times)} ms")


if __name__ == "__main__":
    main()
