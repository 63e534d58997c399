#!/usr/bin/env python3
"""Prints sizes of sources beside the aims of docs/contributing.md: size_report.py ROOT

Fails only for a source over 600 lines or a header over 350 whose first comment does not say why
(a line with the word "longer").
"""
import statistics
import sys
from pathlib import Path

LIMITS = {".cpp": 600, ".hpp": 350}
AIMS = {".cpp": (150, 400), ".hpp": (80, 220)}


def main():
    root = Path(sys.argv[1]).resolve()
    too_long = []
    for suffix, limit in LIMITS.items():
        files = [path for top in ("src", "include") for path in (root / top).rglob(f"*{suffix}")]
        lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
        values = sorted(lengths.values())
        p90 = values[int(len(values) * 0.9)]
        print(f"{suffix}: {len(values)} files, median {statistics.median(values):.0f} (aim {AIMS[suffix][0]}), "
              f"p90 {p90} (aim {AIMS[suffix][1]}), longest {values[-1]}")
        for path, length in sorted(lengths.items()):
            head = "\n".join(path.read_text(encoding="utf-8").splitlines()[:12])
            if length > limit and "longer" not in head:
                too_long.append(f"{path.relative_to(root)}: {length} lines, more than {limit}: split it or say why")
    print("\n".join(too_long))
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
