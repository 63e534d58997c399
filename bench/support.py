"""What the benchmarks share: servers, the program, load generators, and alternated rounds.

Every figure is a ratio of two things measured in the same run, in turn, because machines are shared
and drift. Needs wrk, and nginx where a benchmark says so (`apt-get install wrk nginx-light`).
"""
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KDEPS = Path(os.environ.get("KDEPS", ROOT / "build/release/bin/kdeps"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_PER_ROUND", "3"))
MAX_STOLEN = 0.02


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not installed (apt-get install {program})")
    if not KDEPS.exists():
        raise SystemExit(f"{KDEPS} is not there: build the release preset, or set KDEPS")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def database_servers():
    """DSNs of private servers: {'postgres': ..., 'mysql': ...}."""
    with tempfile.TemporaryDirectory(prefix="kdeps-bench-") as folder:
        os.chmod(folder, 0o755)  # the servers run as a user of their own
        tool, place = ROOT / "scripts/test-servers", Path(folder) / "servers"
        subprocess.run([tool, "start", place], check=True, stdout=subprocess.DEVNULL)
        try:
            lines = subprocess.run([tool, "env", place], check=True, capture_output=True, encoding="utf-8").stdout
            found = dict(re.findall(r"KDEPS_TEST_(\w+)='?([^\s']+)", lines))
            yield {"postgres": found["POSTGRES"], "mysql": found["MYSQL"]}
        finally:
            subprocess.run([tool, "stop", place], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def kdeps(files, environment=None, log_level="warning"):
    """Serves a workflow given as {file: text}; gives its base URL and process."""
    with tempfile.TemporaryDirectory(prefix="kdeps-bench-") as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        port = free_port()
        log = open(folder / "log", "wb")
        process = subprocess.Popen([KDEPS, "run", folder, "--port", str(port), "--log-level", log_level],
                                   stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        try:
            deadline = time.monotonic() + 20
            while b"listening on" not in (folder / "log").read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit((folder / "log").read_text())
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode("utf-8")


def wrk(url, connections, threads=2, script=None):
    """(requests per second, median ms, p99 ms) of one round."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{SECONDS}s", "--latency"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        if script:
            lua.write(script)
            lua.flush()
            command += ["-s", lua.name]
        text = subprocess.run([*command, url], check=True, capture_output=True, encoding="utf-8").stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(text)
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    latency = {part: float(value) * unit[scale]
               for part, value, scale in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", text)}
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), latency["50"], latency["99"]


def pgbench(dsn, *options):
    """Transactions per second of one round."""
    done = subprocess.run(["pgbench", "-n", "-T", str(SECONDS), *options, dsn], check=True, capture_output=True,
                          encoding="utf-8")
    return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])


def stolen_share(before, after):
    """The share of processor time that the hypervisor gave to others, between two /proc/stat readings."""
    spent = [b - a for a, b in zip(before, after)]
    return spent[7] / max(sum(spent[:8]), 1)


def processor_times():
    return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]


def alternate(*measurements):
    """Runs the measurements in turn, ROUNDS times; per measurement the list of its results.

    A round from which the hypervisor took more than MAX_STOLEN of the processors is repeated, since it
    compares two different machines; after three times as many rounds the least disturbed ones are taken.
    """
    rounds = []
    while len(rounds) < 3 * ROUNDS and sum(stolen <= MAX_STOLEN for stolen, _ in rounds) < ROUNDS:
        before = processor_times()
        results = [measure() for measure in measurements]
        rounds.append((stolen_share(before, processor_times()), results))
    rounds = sorted(rounds, key=lambda entry: entry[0])[:ROUNDS]
    if rounds[-1][0] > MAX_STOLEN:
        print(f"note: the hypervisor took up to {rounds[-1][0]:.0%} of the processors meanwhile")
    return [list(column) for column in zip(*(results for _, results in rounds))]


def spread(values):
    return f"median {statistics.median(values):.3g} [{min(values):.3g} .. {max(values):.3g}]"


def ratio_line(title, ours, theirs):
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"{title}: ratio {spread(ratios)} (ours {spread(ours)}/s, theirs {spread(theirs)}/s)")
    return statistics.median(ratios)


def workflow(target, connections=""):
    return f"""metadata: {{name: bench, targetActionId: {target}}}
settings:
  apiServerMode: true
  apiServer: {{routes: [{{path: /bench, methods: [GET]}}]}}
  sqlConnections: {{{connections}}}
"""
