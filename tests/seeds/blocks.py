"""The code blocks of the seeds: cut by anchors, checked by hash, copied into blocks/.

blocks.json names for every block the seed file, the first and last line (number and text) and the SHA-256 of the bytes
between, each line ended by a newline. The seeds' own hashes are there as well, so a new text anywhere is noticed.
"""

import hashlib
import json
import os
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE / "blocks.json"
COPIES = HERE / "blocks"

# A line that begins like a Lua statement or a YAML key and is in no block: then the table misses one.
LOOKS_LIKE_CODE = re.compile(
    r"^\s*(local\b|return\b|end\s*$|end\)|while .* do$|for .* do$|if .* then$|else\s*$|elseif .* then$|"
    r"(version|namespace|entries|kind|lifecycle|auto_start|workers|restart): ?\S*|process\.\w+\(.*\)$)")


def seeds_directory():
    return Path(os.environ.get("WIPPY_SEEDS") or HERE.parents[2] / "shared" / "seeds")


def load_table():
    return json.loads(TABLE.read_text(encoding="utf-8"))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def copy_path(block):
    return COPIES / f"{block['id']}.{block['kind']}"


def lines_of(path):
    return path.read_bytes().split(b"\n")


def cut(lines, block):
    first, last = block["lines"]
    return b"".join(line + b"\n" for line in lines[first - 1 : last])


def anchors(lines, block):
    first, last = block["lines"]
    return [lines[first - 1].decode(), lines[last - 1].decode()]


def problems_of_copies(table):
    for block in table["blocks"]:
        path = copy_path(block)
        if not path.exists():
            yield f"{path.name} is missing"
        elif digest(path.read_bytes()) != block["sha256"]:
            yield f"{path.name} differs from the hash in blocks.json"
    known = {copy_path(block).name for block in table["blocks"]}
    for path in sorted(COPIES.iterdir()):
        if path.name not in known:
            yield f"{path.name} is in no row of blocks.json"


def problems_of_seeds(table, directory):
    for seed, row in table["seeds"].items():
        path = directory / row["file"]
        if not path.exists():
            yield f"{path} is missing"
            continue
        if digest(path.read_bytes()) != row["sha256"]:
            yield f"{path.name}: the seed's bytes changed"
        lines = lines_of(path)
        covered = set()
        for block in (b for b in table["blocks"] if b["seed"] == seed):
            if anchors(lines, block) != block["anchors"] or digest(cut(lines, block)) != block["sha256"]:
                yield f"{block['id']}: {path.name} lines {block['lines']} are not the committed block"
            covered.update(range(block["lines"][0], block["lines"][1] + 1))
        for number, line in enumerate(lines, 1):
            if number not in covered and LOOKS_LIKE_CODE.match(line.decode()):
                yield f"{path.name}:{number}: looks like code but is in no block: {line.decode()}"


def rewrite(table, directory):
    """After a deliberate change of `lines` in the table: anchors, hashes and copies anew."""
    COPIES.mkdir(exist_ok=True)
    for seed, row in table["seeds"].items():
        path = directory / row["file"]
        row["sha256"] = digest(path.read_bytes())
        lines = lines_of(path)
        for block in (b for b in table["blocks"] if b["seed"] == seed):
            block["anchors"] = anchors(lines, block)
            block["sha256"] = digest(cut(lines, block))
            copy_path(block).write_bytes(cut(lines, block))
    rows = lambda values: ",\n".join("    " + json.dumps(v, ensure_ascii=False) for v in values)
    seeds = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in table["seeds"].items())
    TABLE.write_text(f'{{\n  "seeds": {{\n{seeds}\n  }},\n  "blocks": [\n{rows(table["blocks"])}\n  ]\n}}\n', encoding="utf-8")
