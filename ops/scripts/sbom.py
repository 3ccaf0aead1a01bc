"""A list of parts (CycloneDX 1.5) of one program, from `cargo metadata` on standard input.

    cargo metadata --locked --format-version 1 | python3 ops/scripts/sbom.py xiaoneng COMMIT

Only what is built into the program is listed: dependencies of builds (`kind` "build") and of tests are left out.
"""

import json
import sys


def parts(metadata, root):
    """Packages reachable from `root` by normal dependencies, by id."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    start = next(package["id"] for package in metadata["packages"] if package["name"] == root)
    edges, todo = {}, [start]
    while todo:
        one = todo.pop()
        if one in edges:
            continue
        edges[one] = sorted(
            dependency["pkg"]
            for dependency in nodes[one]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        )
        todo += edges[one]
    return packages, edges, start


def component(package, kind="library"):
    part = {
        "type": kind,
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "purl": f"pkg:cargo/{package['name']}@{package['version']}",
    }
    if package.get("license"):
        part["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    return part


def reference(package):
    return f"{package['name']}@{package['version']}"


def main():
    root, commit = sys.argv[1:]
    packages, edges, start = parts(json.load(sys.stdin), root)
    whole = component(packages[start], "application")
    whole["properties"] = [{"name": "commit", "value": commit}]
    inside = sorted((one for one in edges if one != start), key=lambda one: reference(packages[one]))
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": whole},
        "components": [component(packages[one]) for one in inside],
        "dependencies": [
            {"ref": reference(packages[one]), "dependsOn": [reference(packages[to]) for to in edges[one]]}
            for one in sorted(edges, key=lambda one: reference(packages[one]))
        ],
    }
    json.dump(bom, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
