#!/usr/bin/env python3
"""What do ten declared inputs cost?

One target with ten declared inputs beside the same one without, wrk with 16 connections and ten query
parameters in both: one prepared SELECT by primary key on PostgreSQL, and no SQL at all.
"""
import subprocess

from support import alternate, database_servers, get, kdeps, need, ratio_line, wrk

QUERY = ("limit=20&offset=0&aid=7&status=paid&from=2026-01-31&price=19.90&deep=true"
         "&tenant=00000000-0000-4000-8000-000000000001&code=AB&mail=a@example.org")
DECLARED = """validations:
  fields:
    limit: {type: integer, default: 20, minimum: 1, maximum: 100}
    offset: {type: integer, minimum: 0}
    aid: {type: integer, required: true}
    status: {type: string, enum: [open, paid, sent]}
    from: {type: date}
    price: {type: number, minimum: 0}
    deep: {type: boolean}
    tenant: {type: uuid}
    code: {type: string, pattern: "^[A-Z]{2}$"}
    mail: {type: email, maxLength: 100}
"""
WORKFLOW = """metadata: {name: bench}
settings:
  apiServerMode: true
  apiServer:
    routes:
      - {path: /sql, methods: [GET], target: sql}
      - {path: /sql-declared, methods: [GET], target: sqlDeclared}
      - {path: /hello, methods: [GET], target: hello}
      - {path: /hello-declared, methods: [GET], target: helloDeclared}
  sqlConnections: {db: {connection: "${BENCH_DSN}", pool: {maxConnections: 8, minConnections: 8}}}
"""
SQL = """sql:
  connectionName: db
  query: SELECT abalance FROM pgbench_accounts WHERE aid = {{ get('aid') }}
"""
HELLO = "apiResponse: {response: get('aid')}\n"


def main():
    need("wrk", "pgbench")
    with database_servers() as servers:
        dsn = servers["postgres"]
        subprocess.run(["pgbench", "-i", "-q", "-s", "1", dsn], check=True, capture_output=True)
        files = {
            "workflow.yaml": WORKFLOW,
            "resources/sql.yaml": "actionId: sql\n" + SQL,
            "resources/sqlDeclared.yaml": "actionId: sqlDeclared\n" + DECLARED + SQL,
            "resources/hello.yaml": "actionId: hello\n" + HELLO,
            "resources/helloDeclared.yaml": "actionId: helloDeclared\n" + DECLARED + HELLO,
        }
        with kdeps(files, {"BENCH_DSN": dsn}) as (url, _):
            for route in "sql", "hello":
                plain, declared = f"{url}/{route}?{QUERY}", f"{url}/{route}-declared?{QUERY}"
                print(get(plain), get(declared))
                ours, theirs = alternate(lambda: wrk(declared, 16)[0], lambda: wrk(plain, 16)[0])
                ratio_line(f"{route}: ten declared inputs / none", ours, theirs)


if __name__ == "__main__":
    main()
