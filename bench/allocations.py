#!/usr/bin/env python3
"""How many times does a request ask for memory?

Counts malloc, calloc and realloc of the whole process over 1,000 requests on one connection: the
primary-key route on PostgreSQL, and a route without SQL. The counts do not depend on the machine's load.
"""
import http.client
import struct
import subprocess
import tempfile
from pathlib import Path

from support import database_servers, kdeps, need, workflow

COUNTER = r"""
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void*, size_t);
static atomic_long nowhere[2];
static atomic_long* counts = nowhere;
static void count(size_t bytes) { atomic_fetch_add(&counts[0], 1); atomic_fetch_add(&counts[1], (long)bytes); }
void* malloc(size_t size) { count(size); return __libc_malloc(size); }
void* calloc(size_t n, size_t size) { count(n * size); return __libc_calloc(n, size); }
void* realloc(void* old, size_t size) { count(size); return __libc_realloc(old, size); }
__attribute__((constructor)) static void begin(void) {
    const char* file = getenv("ALLOCATION_COUNTS");
    int fd = file ? open(file, O_RDWR) : -1;
    if (fd < 0) return;
    void* place = mmap(0, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (place != MAP_FAILED) counts = place;
}
"""
REQUESTS = 1000


def measure(title, folder, files, path, environment):
    counts = folder / "counts"
    counts.write_bytes(bytes(16))
    preload = {"LD_PRELOAD": str(folder / "counter.so"), "ALLOCATION_COUNTS": str(counts)}
    with kdeps(files, {**environment, **preload}) as (url, _):
        client = http.client.HTTPConnection(url.split("//")[1])

        def run(times):
            for _ in range(times):
                client.request("GET", path)
                if client.getresponse().read() is None:
                    raise SystemExit("no answer")
            return struct.unpack("qq", counts.read_bytes())

        before = run(300)  # statements are prepared, buffers have grown
        after = run(REQUESTS)
    number, size = ((b - a) / REQUESTS for a, b in zip(before, after))
    print(f"{title}: {number:.1f} allocations, {size / 1024:.1f} KiB per request")


def main():
    need("cc", "pgbench")
    with database_servers() as servers, tempfile.TemporaryDirectory(prefix="kdeps-bench-") as name:
        folder = Path(name)
        (folder / "counter.c").write_text(COUNTER)
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", folder / "counter.c", "-o", folder / "counter.so"], check=True)
        dsn = servers["postgres"]
        subprocess.run(["pgbench", "-i", "-q", "-s", "1", dsn], check=True, capture_output=True)
        account = {
            "workflow.yaml": workflow("account", 'db: {connection: "${BENCH_DSN}", pool: {maxConnections: 8}}'),
            "resources/account.yaml": "actionId: account\nsql:\n  connectionName: db\n"
            "  query: SELECT abalance FROM pgbench_accounts WHERE aid = {{ get('aid') }}\n",
        }
        hello = {"workflow.yaml": workflow("hello"),
                 "resources/hello.yaml": "actionId: hello\napiResponse: {response: {message: 'Hello, World!'}}\n"}
        measure("by primary key", folder, account, "/bench?aid=77", {"BENCH_DSN": dsn})
        measure("without SQL", folder, hello, "/bench", {})


if __name__ == "__main__":
    main()
