"""The warm process that forks workers. It stays single-threaded and never runs user code.

Requests come as datagrams on the control socket, each answered by one:
  b"F" with three descriptors (the worker's socket, its stdout, its stderr) -> its process id
  b"E" and a process id -> kills the worker's process group, reaps it, answers its wait status
The end of the control socket is the end of the engine: every worker is killed.
"""

import ctypes
import gc
import os
import signal
import socket
import struct
import traceback

# Warm for every script: what most of them import.
import base64, collections, csv, datetime, decimal, functools, io, itertools, json, math, random, re  # noqa: E401,F401
import statistics, string, threading, time, typing, uuid  # noqa: E401,F401

from . import loop

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NUMBER = struct.Struct("<i")

_prctl = ctypes.CDLL(None, use_errno=True).prctl


def serve(control_fd):
    """Serves requests until the engine closes the control socket; does not return."""
    # Orphans of a killed worker become children of this process, so that they can be killed too.
    _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(control_fd, False)
    control = socket.socket(fileno=control_fd)
    workers = set()
    gc.collect()
    gc.freeze()  # Workers then share these pages until they write to them.
    control.send(b"R")
    while True:
        try:
            request, fds, _, _ = socket.recv_fds(control, 16, 3, socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            request = b""
        if not request:
            for pid in list(workers):
                end(pid, workers)
            os._exit(0)
        if request[:1] == b"F":
            answer = fork(control, fds, workers)
        else:
            answer = end(NUMBER.unpack_from(request, 1)[0], workers)
        try:
            control.send(NUMBER.pack(answer))
        except ConnectionError:
            pass  # The next receive finds the end.


def fork(control, fds, workers):
    """Forks a worker that owns `fds`; returns its process id, or minus errno."""
    zygote_pid = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        pid = -error.errno
    if pid == 0:
        try:
            control.close()
            become_worker(zygote_pid, *fds)
        except BaseException:  # The worker itself is broken: the engine shows its stderr.
            os.write(fds[2], traceback.format_exc().encode())
        finally:
            os._exit(70)
    for fd in fds:
        os.close(fd)
    if pid > 0:
        _set_group(pid)
        workers.add(pid)
    return pid


def become_worker(zygote_pid, socket_fd, stdout_fd, stderr_fd):
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != zygote_pid:
        os._exit(0)  # The zygote died before the line above.
    # A script's orphans come back to the worker, which then sees that they are left over.
    _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _set_group(os.getpid())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loop.Worker(socket.socket(fileno=socket_fd), stdout_fd, stderr_fd).serve()


def end(pid, workers):
    """Kills a worker, its process group and its orphans; returns its wait status, or -1."""
    if pid not in workers:
        return -1
    workers.discard(pid)
    _kill(os.killpg, pid)
    _, status = os.waitpid(pid, 0)
    # Other workers adopt their own orphans, so an unknown child descends from the one that ended.
    while orphans := _children() - workers:
        for orphan in orphans:
            _kill(os.kill, orphan)
            os.waitpid(orphan, 0)
    return status


def _set_group(pid):
    # Done by parent and child, because either may be first.
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass


def _kill(function, pid):
    try:
        function(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _children():
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()  # Kernels built without this file: orphans outside the group stay.
