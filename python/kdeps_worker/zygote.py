"""The warm process that forks workers. It stays single-threaded and never runs user code.

Requests come as datagrams on the control socket. Each brings descriptors, of which the first is the
socket that its answer goes to, a number; so nobody waits for the answer to somebody else:
  b"F" and the worker's socket, stdout, stderr -> its process id, or minus errno
  b"E" and a process id -> kills the worker's process group; once all of it is reaped, its wait status
A worker that nobody waits for any more is not forked, or ended at once. Descriptors that this
process has no room for do not arrive.
The end of the control socket is the end of the engine: every worker is killed.
"""

import ctypes
import errno
import gc
import os
import select
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
_LOOK_MS = 20  # For what no descriptor tells.

_prctl = ctypes.CDLL(None, use_errno=True).prctl


class Dying:
    """A killed worker that is not reaped yet, or has left orphans that are not."""

    def __init__(self, pid, answer_fd):
        self.pid = pid
        self.answer_fd = answer_fd  # None: nobody asks.
        self.status = None
        self.orphans = set()

    def awaited(self):
        return {self.pid} if self.status is None else self.orphans


def serve(control_fd):
    """Serves requests until the engine closes the control socket; does not return."""
    # Orphans of a killed worker become children of this process, so that they can be killed too.
    _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(control_fd, False)
    control = socket.socket(fileno=control_fd)
    workers = set()
    dying = []
    gc.collect()
    gc.freeze()  # Workers then share these pages until they write to them.
    while True:
        dying = [one for one in dying if not reap(one, workers, dying)]
        if dying and not _await(control, dying):
            continue
        try:
            request, fds, _, _ = socket.recv_fds(control, 16, 4, socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            request = b""
        if not request:
            dying += [end(pid, None) for pid in workers]
            workers.clear()
            while dying := [one for one in dying if not reap(one, workers, dying)]:
                _await(None, dying)
            os._exit(0)
        answer_fd = fds.pop(0) if fds else None
        if request[:1] == b"F":
            if answer_fd is None or len(fds) < 3 or _has_left(answer_fd):
                _close(fds)
                _answer(answer_fd, -errno.EMFILE)
                continue
            pid = fork(control, answer_fd, fds, workers, dying)
            if not _answer(answer_fd, pid) and pid > 0:
                workers.discard(pid)
                dying.append(end(pid, None))
            continue
        pid = NUMBER.unpack_from(request, 1)[0]
        if pid in workers:
            workers.discard(pid)
            dying.append(end(pid, answer_fd))
        else:
            _answer(answer_fd, -1)


def fork(control, answer_fd, fds, workers, dying):
    """Forks a worker that owns `fds`; returns its process id, or minus errno."""
    zygote_pid = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        pid = -error.errno
    if pid == 0:
        try:
            control.close()
            _close([answer_fd, *(one.answer_fd for one in dying)])
            become_worker(zygote_pid, *fds)
        except BaseException:  # The worker itself is broken: the engine shows its stderr.
            os.write(fds[2], traceback.format_exc().encode())
        finally:
            os._exit(70)
    _close(fds)
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


def end(pid, answer_fd):
    """Kills a worker and its process group."""
    _kill(os.killpg, pid)
    return Dying(pid, answer_fd)


def reap(one, workers, dying):
    """Whether a killed worker and its orphans are gone; then that has been answered. Does not wait."""
    if one.status is None:
        pid, status = os.waitpid(one.pid, os.WNOHANG)
        if pid == 0:
            return False
        one.status = status
    # Other workers adopt their own orphans, so an unknown child descends from one that has ended.
    known = workers.union(*({other.pid} | other.orphans for other in dying if other is not one))
    while True:
        one.orphans |= _children() - known
        for orphan in one.orphans:
            _kill(os.kill, orphan)
        gone = {orphan for orphan in one.orphans if os.waitpid(orphan, os.WNOHANG)[0]}
        one.orphans -= gone
        if not gone:
            break
    if one.orphans:
        return False
    _answer(one.answer_fd, one.status)
    return True


def _answer(fd, number):
    """Writes an answer and closes its socket, if there is one; whether somebody waits for it."""
    if fd is None:
        return False
    try:
        os.write(fd, NUMBER.pack(number))
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _has_left(fd):
    """Whether nobody waits at the other end of an answer's socket any more."""
    poller = select.poll()
    poller.register(fd, 0)  # POLLHUP always counts.
    return bool(poller.poll(0))


def _close(fds):
    for fd in fds:
        if fd is not None:
            os.close(fd)


def _await(control, dying):
    """Waits until something may have changed; whether there is a request."""
    poller = select.poll()
    if control is not None:
        poller.register(control, select.POLLIN)
    fds = []
    for pid in set().union(*(one.awaited() for one in dying)):
        try:
            fds.append(os.pidfd_open(pid))
            poller.register(fds[-1], select.POLLIN)
        except (AttributeError, OSError):
            pass  # Looked at again soon.
    ready = poller.poll(_LOOK_MS)
    _close(fds)
    return control is not None and any(fd == control.fileno() for fd, _ in ready)


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
