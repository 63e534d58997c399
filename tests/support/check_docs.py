#!/usr/bin/env python3
"""Validates every YAML block of the docs with the program: check_docs.py --kdeps PATH ROOT

A block with `targetActionId`, or that begins with `metadata: {name`, starts a project; the blocks after it on the page are its resources,
unless it holds resources itself. Any other block stands alone: it gets a small workflow around it, with the
connections and required resources that it names. Comments at the top of a block say more:
`# not valid: TEXT` must be refused with TEXT, `# part of KEY` stands below that key of a workflow,
`# test of FOLDER` are tests of that folder's workflow, which must pass.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"(?ms)^( *)```yaml\n(.*?)^ *```$")

HEAD = "metadata: {name: docs, targetActionId: target}\n"
TARGET = "actionId: target\napiResponse: {response: {}}\n"
ACTION_ID = r"actionId: (\w+)"
VARIABLES = {"DB_USER": "user", "DB_PASSWORD": "secret", "TOKEN": "secret", "API_TOKEN": "secret"}


def blocks(page):
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield "".join(line[len(found[1]):] for line in found[2].splitlines(keepends=True))


def starts_project(text):
    return "targetActionId" in text or text.startswith("metadata: {name")


def projects(page):
    """Lists of documents that belong together."""
    current = []
    for text in blocks(page):
        if text.startswith(("# not valid", "# part of", "# test of", "settings:")):
            yield [text]
        elif starts_project(text):
            if current:
                yield current
            current = [text]
            if "\n---\n" in text:  # brings its resources along
                yield current
                current = []
        elif current:
            current.append(text)
        else:
            yield [text]
    if current:
        yield current


def indent(text, width):
    return "".join(" " * width + line if line.strip() else line for line in text.splitlines(keepends=True))


def settings(text):
    """A workflow head with the connections that resources in `text` name."""
    names = sorted(set(re.findall(r"connectionName: (\w+)", text)) | {"analytics"})
    return HEAD + "settings:\n  sqlConnections:\n" + "".join(
        f'    {name}: {{connection: "sqlite::memory:"}}\n' for name in names)


def stubs(text):
    """The resources that `text` requires and does not hold."""
    required = {name.strip() for names in re.findall(r"requires: \[(.*?)\]", text) for name in names.split(",")}
    required |= set(re.findall(r"(?m)^\s*- (\w+)$", "".join(re.findall(r"requires:\n((?:\s+- \w+\n)+)", text))))
    held = set(re.findall(ACTION_ID, text))
    return [f"actionId: {name}\napiResponse: {{response: {{}}}}\n" for name in sorted(required - held)]


def framed(text):
    """The documents of a project around one block that stands alone."""
    key = re.match(r"# part of (\w+)", text)
    if key is None:
        key = "workflow" if text.startswith("settings:") else "document"
    else:
        key = key[1]
    if key == "workflow":
        return [HEAD + text, TARGET]
    if key == "settings":
        return [HEAD + "settings:\n" + indent(text, 2), TARGET]
    if key == "sqlConnections":
        return [HEAD + "settings:\n  sqlConnections:\n" + indent(text, 4), TARGET]
    if key == "apiServer":
        routes = "" if "routes:" in text else "    routes: [{path: /docs}]\n"
        return [HEAD + "settings:\n  apiServerMode: true\n  apiServer:\n" + routes + indent(text, 4), TARGET]
    resource = "actionId: part\n" + text if key == "resource" else text
    target = TARGET + f"requires: [{', '.join(re.findall(ACTION_ID, resource))}]\n"
    return [settings(text), target, resource, *stubs(resource)]


def write(folder, documents):
    (folder / "workflow.yaml").write_text(documents[0], encoding="utf-8")
    (folder / "resources").mkdir()
    for number, text in enumerate(documents[1:]):
        (folder / "resources" / f"{number:03}.yaml").write_text(text, encoding="utf-8")


def check_tests(kdeps, folder, text):
    """What does not pass, or None."""
    with tempfile.TemporaryDirectory(prefix="kdeps-docs-") as name:
        shutil.copytree(folder, name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("tests", "*.db*"))
        (Path(name) / "tests").mkdir()
        (Path(name) / "tests" / "docs.yaml").write_text(text, encoding="utf-8")
        done = subprocess.run([kdeps, "test", name], capture_output=True, encoding="utf-8", timeout=60)
    return None if done.returncode == 0 else done.stdout + done.stderr


def check(kdeps, root, documents):
    """The mistake found, or None."""
    tested = re.match(r"# test of (.+)", documents[0])
    if tested:
        return check_tests(kdeps, root / tested[1], documents[0])
    refusal = re.match(r"# not valid: (.+)", documents[0])
    if not starts_project(documents[0]):
        documents = framed(documents[0])
    with tempfile.TemporaryDirectory(prefix="kdeps-docs-") as name:
        write(Path(name), documents)
        done = subprocess.run([kdeps, "validate", name], capture_output=True, encoding="utf-8", timeout=60,
                              env={**os.environ, **VARIABLES})
    output = done.stdout + done.stderr
    if refusal:
        return None if done.returncode == 2 and refusal[1] in output else f"should be refused with {refusal[1]!r}: {output}"
    return None if done.returncode == 0 and "warning" not in output else output


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kdeps", required=True)
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    count = failed = 0
    for page in [options.root / "README.md", *sorted((options.root / "docs").rglob("*.md"))]:
        for documents in projects(page):
            count += 1
            mistake = check(options.kdeps, options.root, documents)
            if mistake:
                failed += 1
                print(f"FAIL {page.relative_to(options.root)}: {documents[0].splitlines()[0]!r}\n{mistake}")
    print(f"{count} projects in the docs, {failed} failed")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
