#!/usr/bin/env python3
"""What does a reload cost those who are being served?

A workflow of 200 resources and as many routes, whose requests read one row of SQLite, at 16
connections; then the same while it is loaded again, a few times each second. A request that fails
ends the run.
"""
import signal
import statistics
import threading
import time

from support import SECONDS, alternate, kdeps, need, spread, wrk

RESOURCES = 200
PAUSE = 0.3  # between two reloads


def files():
    routes = "".join(f"      - {{path: /r{i}, methods: [GET], target: r{i}}}\n" for i in range(RESOURCES))
    workflow = ("metadata: {name: bench}\nsettings:\n  apiServer:\n    routes:\n" + routes +
                "  sqlConnections: {db: {connection: \"sqlite::memory:\", pool: {maxConnections: 8}}}\n")
    resource = ("actionId: r{0}\nsql: {{connectionName: db, query: \"SELECT {{{{ get('x', {0}) }}}} AS x\"}}\n"
                "apiResponse: {{response: {{x: \"get('r{0}')[0].x\", text: \"{{{{ get('name') }}}} of {0}\"}}}}\n")
    return {"workflow.yaml": workflow, "resources/all.yaml": "---\n".join(resource.format(i) for i in range(RESOURCES))}


def main():
    need("wrk")
    with kdeps(files()) as (url, process):
        def calm():
            return wrk(f"{url}/r7?name=a", 16)

        def beside_reloads():
            stop = threading.Event()

            def reload():
                while not stop.wait(PAUSE):
                    process.send_signal(signal.SIGHUP)

            reloads = threading.Thread(target=reload)
            reloads.start()
            try:
                return wrk(f"{url}/r7?name=a", 16)
            finally:
                stop.set()
                reloads.join()
                time.sleep(PAUSE)

        without, beside = alternate(calm, beside_reloads)
    for index, what in ((0, "requests/s"), (1, "median ms"), (2, "p99 ms")):
        a, b = [one[index] for one in beside], [one[index] for one in without]
        print(f"{what} beside {int(SECONDS / PAUSE)} reloads in {SECONDS} s / without: "
              f"ratio {spread([x / y for x, y in zip(a, b)])} ({spread(a)} / {spread(b)})")
    return 0 if statistics.median(x[2] / y[2] for x, y in zip(beside, without)) <= 2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
