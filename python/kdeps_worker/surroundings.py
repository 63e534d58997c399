"""What a script may change in its process, and how the next call finds it as before."""

import _signal  # Without the enum conversions of `signal`, which cost more than a small call.
import _thread
import decimal
import os
import resource
import signal
import sys
import threading
import time

# A worker this small is never retired for its memory: importing a large library is no leak.
_MEMORY_FLOOR = 256 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Surroundings:
    """The process as it was before the first call."""

    def __init__(self, stdout_fd, stderr_fd):
        self._fds = {0: os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), 1: stdout_fd, 2: stderr_fd}
        self._cwd = os.open(".", os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._environ = os.environ
        self._variables = dict(os.environ._data)
        self._path = list(sys.path)
        self._main = sys.modules["__main__"]
        self._handlers = [(number, _signal.getsignal(number)) for number in _handled_signals()]
        self._mask = _signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._recursion_limit = sys.getrecursionlimit()
        self._decimal_context = decimal.getcontext().copy()
        self._first_memory = None
        self.restore()

    def restore(self):
        """Undoes what a call changed; an exception means this process cannot serve another."""
        for number, fd in self._fds.items():
            os.dup2(fd, number, inheritable=True)
        os.fchdir(self._cwd)
        os.umask(self._umask)
        os.environ = self._environ
        if os.environ._data != self._variables:
            os.environ.clear()
            for name, value in self._variables.items():
                os.environ[os.fsdecode(name)] = os.fsdecode(value)
            time.tzset()  # TZ may have been among them.
        if sys.path != self._path:
            sys.path[:] = self._path
        sys.argv = [""]
        sys.modules["__main__"] = self._main
        self._restore_signals()
        self._restore_streams()
        sys.settrace(None)
        sys.setprofile(None)
        if sys.getrecursionlimit() != self._recursion_limit:
            sys.setrecursionlimit(self._recursion_limit)
        decimal.setcontext(self._decimal_context.copy())

    def _restore_signals(self):
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        for number, handler in self._handlers:
            if _signal.getsignal(number) != handler:
                _signal.signal(number, handler)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self._mask)
        _signal.set_wakeup_fd(-1)

    def _restore_streams(self):
        sys.stdin = sys.__stdin__
        # A line leaves as it is printed: a script that crashes or hangs flushes nothing.
        for name, fd in (("stdout", 1), ("stderr", 2)):
            stream = getattr(self, name, None)
            if stream is None or stream.closed:
                stream = open(
                    fd,
                    "w",
                    buffering=1,
                    encoding="utf-8",
                    errors="backslashreplace",
                    newline="\n",
                    closefd=False,
                )
                setattr(self, name, stream)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)

    def flush(self):
        """Brings what the script printed to the pipes."""
        for stream in (sys.stdout, sys.stderr, self.stdout, self.stderr):
            try:
                stream.flush()
            except Exception:
                pass  # The script closed or replaced it.

    def leftovers(self):
        """Why this process should not serve another call, or None."""
        if _thread._count() or threading.active_count() > 1:
            return "a thread is still running"
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # One that ended but was never waited for.
            return "a child process is still running"
        except ChildProcessError:
            pass
        return self._memory_reason()

    def _memory_reason(self):
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < _MEMORY_FLOOR:
            return None
        with open("/proc/self/statm") as file:
            memory = int(file.read().split()[1]) * _PAGE
        if self._first_memory is None:
            self._first_memory = memory
        if memory > max(2 * self._first_memory, _MEMORY_FLOOR):
            return f"memory has doubled to {memory >> 20} MiB"
        return None


def _handled_signals():
    unchangeable = (signal.SIGKILL, signal.SIGSTOP)
    return [
        number
        for number in range(1, 32)
        if number not in unchangeable and _signal.getsignal(number) is not None
    ]
