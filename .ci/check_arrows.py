#!/usr/bin/env python3
"""Compares every #include with the arrows between modules: check_arrows.py ROOT

Prints one line per forbidden include and ends with 1 if there is any.
"""
import re
import sys
from pathlib import Path

# module -> modules it may include. The picture is in docs/explanation/architecture.md.
ARROWS = {
    "base": set(),
    "io": {"base"},
    "expr": {"base"},
    "graph": {"base"},
    "inputs": {"base"},
    "sql": {"base"},
    "log": {"io", "base"},
    "worker": {"io", "base"},
    "db": {"sql", "io", "base"},
    "workflow": {"inputs", "expr", "graph", "base"},
    "engine": {"workflow", "inputs", "expr", "graph", "io", "base"},
    "resources": {"engine", "workflow", "expr", "sql", "db", "worker", "io", "base"},
    "server": {"engine", "workflow", "io", "base"},
    "app": {"server", "resources", "engine", "workflow", "inputs", "expr", "graph", "sql", "db", "worker", "log", "io", "base"},
    "testing": {"app", "server", "resources", "engine", "workflow", "inputs", "sql", "db", "log", "base"},
    "cli": {"testing", "app", "server", "resources", "engine", "workflow", "inputs", "expr", "graph", "sql", "db", "worker", "log", "io", "base"},
}

# A client library is included by one module, or one folder of a module, alone.
LIBRARIES = {
    r"nlohmann/": ["src/base/json"],
    r"boost/multiprecision": ["src/base/decimal"],
    r"boost/container": ["include/kdeps/base/small_vector"],
    r"yaml-cpp/": ["src/workflow/"],
    r"re2/": ["src/inputs/pattern"],
    r"(pqxx|libpq-fe\.h|libpq/)": ["src/db/postgres/"],
    r"(mysql\.h$|mysql_(driver|connection)\.h$|cppconn/|mysql/|mariadb)": ["src/db/mysql/"],
    r"(SQLiteCpp/|sqlite3\.h)": ["src/db/sqlite/"],
    r"(httplib|brotli/)": ["src/server/"],
    r"spdlog/": ["src/log/"],
    r"CLI/": ["src/cli/"],
    r"(pybind11/|Python\.h)": ["src/worker/"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def module_of(path, root):
    parts = path.relative_to(root).parts
    if parts[0] == "src":
        return parts[1]
    return parts[2]  # include/kdeps/<module>/...


def violations(root):
    files = [path for top in ("src", "include/kdeps") for path in sorted((root / top).rglob("*.[ch]pp"))]
    for path in files:
        module = module_of(path, root)
        name = str(path.relative_to(root))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            target = found[1]
            if target.startswith("kdeps/"):
                other = target.split("/")[1]
                if other != module and other not in ARROWS[module]:
                    yield f"{name}:{number}: {module} may not include {other}"
            if (root / "src" / module / target).exists():
                continue  # a private header of the module's own
            for library, homes in LIBRARIES.items():
                if re.match(library, target) and not any(name.startswith(home) for home in homes):
                    yield f"{name}:{number}: {target} belongs to {', '.join(homes)}"


def main():
    root = Path(sys.argv[1]).resolve()
    found = list(violations(root))
    print("\n".join(found) if found else "arrows: every include follows them")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
