#!/usr/bin/env python3
"""What does our HTTP front cost, compared with nginx, and what do idle connections cost?

A route without SQL beside nginx `return 200` at 64 connections; then the same route with 1,000 idle
keep-alive connections open.
"""
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from support import alternate, free_port, get, kdeps, need, ratio_line, workflow, wrk

BODY = ('{"success":true,"data":{"message":"Hello, World!"},"meta":{"requestID":'
        '"00000000-0000-4000-8000-000000000000","timestamp":"2026-01-31T09:30:00.123Z"}}')

NGINX = """
worker_processes 2; daemon off; pid %(folder)s/pid; error_log %(folder)s/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path %(folder)s/a; proxy_temp_path %(folder)s/b; fastcgi_temp_path %(folder)s/c;
  uwsgi_temp_path %(folder)s/d; scgi_temp_path %(folder)s/e;
  server { listen 127.0.0.1:%(port)s; default_type application/json; location / { return 200 '%(body)s'; } }
}
"""


@contextmanager
def nginx():
    with tempfile.TemporaryDirectory(prefix="kdeps-bench-") as folder:
        port = free_port()
        (Path(folder) / "conf").write_text(NGINX % {"folder": folder, "port": port, "body": BODY})
        process = subprocess.Popen(["nginx", "-c", f"{folder}/conf", "-e", f"{folder}/error.log"])
        try:
            time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def idle_connections(url, count):
    host, port = url.split("//")[1].split(":")
    request = b"GET /bench HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    sockets = []
    try:
        for _ in range(count):
            connection = socket.create_connection((host, int(port)))
            connection.sendall(request)
            connection.recv(4096)
            sockets.append(connection)
        yield
    finally:
        for connection in sockets:
            connection.close()


def main():
    need("wrk", "nginx")
    files = {
        "workflow.yaml": workflow("hello"),
        "resources/hello.yaml": "actionId: hello\napiResponse:\n  response: {message: 'Hello, World!'}\n",
    }
    with nginx() as reference, kdeps(files) as (url, _):
        print(get(url + "/bench"))
        hello = url + "/bench"

        def beside_idle():
            with idle_connections(url, 1000):
                return wrk(hello, 64)[0]

        ours, theirs, with_idle = alternate(lambda: wrk(hello, 64)[0], lambda: wrk(reference, 64)[0], beside_idle)
    ratio_line("hello route / nginx return", ours, theirs)
    ratio_line("hello route with 1000 idle connections / without", with_idle, ours)


if __name__ == "__main__":
    main()
