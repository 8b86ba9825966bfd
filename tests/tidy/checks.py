"""The checks of `make tidy`. Each takes a Tree and yields violations as text; none means the check passed."""

import hashlib
import os
import re
import subprocess

import rules
import source

CPP = (".cpp", ".hpp", ".h", ".c")


class Tree:
    """The files of a work tree that git tracks or would track; build output is ignored."""

    def __init__(self, root):
        self.root = root
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True)
        if listed.returncode != 0:
            raise SystemExit("tidy: not a git work tree: " + root)
        self.files = sorted({f for f in listed.stdout.splitlines() if os.path.isfile(os.path.join(root, f))})
        self.sources = [f for f in self.files if f.endswith(CPP) and layer_of(f)]
        self._text = {}

    def text(self, path):
        if path not in self._text:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._text[path] = file.read()
        return self._text[path]

    def exists(self, path):
        return os.path.isfile(os.path.join(self.root, path))


def layer_of(path):
    fits = [layer for layer in rules.MAY_INCLUDE if path.startswith(layer + "/")]
    return max(fits, key=len) if fits else None


def below(path, prefixes):
    return any(path == p or path.startswith(p.rstrip("/") + "/") for p in prefixes)


def resolve(tree, path, header):
    """The repository path a quoted include means, or None."""
    candidates = [header, os.path.normpath(os.path.join(os.path.dirname(path), header))]
    if path.startswith("tests/"):
        candidates += [os.path.join(root, header) for root in rules.INCLUDE_ROOTS_FOR_TESTS]
    return next((c for c in candidates if tree.exists(c)), None)


def include_rules(tree):
    for path in tree.sources:
        layer = layer_of(path)
        for line, header, quoted in source.includes(tree.text(path)):
            if not quoted or header in rules.SIMULATION_DOORS or header in rules.ALSO_MAY_INCLUDE.get(path, []):
                continue
            where = "%s:%d: " % (path, line)
            target = resolve(tree, path, header)
            if target is None:
                yield where + '"%s" is no file of the tree; foreign headers are written <...>' % header
            elif target != header and not path.startswith(("tests/", "bench/")):
                yield where + '"%s" is not written from the root' % header
            elif layer_of(target) != layer and not below(target, rules.MAY_INCLUDE[layer]):
                yield where + "%s may not include %s" % (layer, target)


def foreign_headers(tree):
    for path in tree.sources:
        layer = layer_of(path)
        if layer in ("bench", "tests"):
            continue
        for line, header, quoted in source.includes(tree.text(path)):
            for pattern, layers in rules.FOREIGN:
                if not quoted and re.match(pattern, header) and not below(path, layers):
                    yield "%s:%d: <%s> belongs to %s" % (path, line, header, ", ".join(layers) or "tests and bench")


def links(tree):
    """CMakeLists.txt links what the include rules allow: same table, twice written, once checked."""
    text = re.sub(r"#[^\n]*", "", tree.text("CMakeLists.txt")) if tree.exists("CMakeLists.txt") else ""
    deps = {}
    for call in re.findall(r"wippy_library\(([^)]*)\)", text):
        words = call.split()
        ours = words[words.index("DEPS") + 1:] if "DEPS" in words else []
        if "FOREIGN" in ours:
            ours = ours[:ours.index("FOREIGN")]
        deps[words[0]] = ours

    def reach(target, seen):
        for dep in deps.get(target, []):
            if dep not in seen:
                seen.add(dep)
                reach(dep, seen)
        return seen

    for layer, target in rules.CMAKE_TARGETS.items():
        if target not in deps:
            yield "CMakeLists.txt: no target %s" % target
            continue
        allowed = rules.MAY_INCLUDE[layer]
        for other, other_target in rules.CMAKE_TARGETS.items():
            if other == layer or other.startswith(layer + "/"):
                continue
            if below(other, allowed) and other_target not in reach(target, set()):
                yield "CMakeLists.txt: %s does not link %s, which its includes need" % (target, other_target)
            if other_target in deps[target] and not below(other, allowed):
                yield "CMakeLists.txt: %s links %s, which the include rules forbid" % (target, other_target)


def seams(tree):
    for path in tree.sources:
        code = source.code_only(tree.text(path))
        for what, pattern, layers, exempt in rules.WORDS:
            if not below(path, layers) or any(path.startswith(e) for e in exempt):
                continue
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                yield "%s:%d: %s only through the seam: %s" % (path, line, what, match.group().strip())


def file_lengths(tree):
    for path in tree.sources:
        limit = next(n for prefix, n in rules.FILE_LINES if path.startswith(prefix))
        lines = tree.text(path).count("\n")
        if lines > limit:
            yield "%s: %d lines, at most %d: two ideas in one file" % (path, lines, limit)


def function_lengths(tree):
    for path in tree.sources:
        for line, lines, head in source.functions(tree.text(path)):
            if lines > rules.FUNCTION_LINES:
                yield "%s:%d: %d lines, at most %d: %s" % (path, line, lines, rules.FUNCTION_LINES, head[:60])


def core_raw_lines(tree):
    return sum(tree.text(p).count("\n") for p in tree.sources if layer_of(p) in rules.CORE)


def core_lines(tree):
    lines = core_raw_lines(tree)
    if lines >= rules.CORE_LINES:
        yield "the core has %d lines; it stays under %d (docs/decisions/003)" % (lines, rules.CORE_LINES)


def formatting(tree):
    if not tree.sources:
        return
    try:
        done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", "--ferror-limit=1"] + tree.sources, cwd=tree.root,
                              capture_output=True, text=True)
    except FileNotFoundError:
        yield "clang-format-14 is not installed (make packages-test)"
        return
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
    for path in wrong:
        yield "%s: not formatted (make format)" % path
    if done.returncode != 0 and not wrong:
        yield "clang-format failed: " + done.stderr.strip()[:200]


def _words(tree, pattern, what):
    for path in tree.files:
        text = tree.text(path)
        if "\0" in text[:4096]:
            continue
        for match in re.finditer(pattern, text, re.M):
            yield "%s:%d: %s: %s" % (path, text.count("\n", 0, match.start()) + 1, what, match.group().strip())


def left_behind(tree):
    return _words(tree, rules.LEFT_BEHIND, "left behind")


def machine_paths(tree):
    yield from _words(tree, rules.MACHINE_PATHS, "a path of one machine")
    yield from _words(tree, rules.PRIVATE_HOSTS, "a private host")


def function_hash(tree, name):
    """Hash of the one function `Class::name`, without comments, literals and spacing; and what is wrong, or None."""
    head = re.compile(r"(^|[\s*&])%s\s*\(" % re.escape(name))
    found = []
    for path in tree.sources:
        if layer_of(path) in ("bench", "tests") or name.split("::")[-1] not in tree.text(path):
            continue
        lines = source.code_only(tree.text(path)).split("\n")
        found += ["".join("".join(lines[start - 1:start - 1 + count]).split())
                  for start, count, text in source.functions(tree.text(path)) if head.search(text)]
    if len(found) != 1:
        return None, "%d functions are called %s" % (len(found), name)
    return hashlib.sha256(found[0].encode()).hexdigest()[:12], None


def transcribed_lines(tree):
    """(number, suite, function, hash) of tests/model/transcribed.txt."""
    if rules.TRANSCRIBED in tree.files:
        for number, line in enumerate(tree.text(rules.TRANSCRIBED).split("\n"), 1):
            words = line.split("#")[0].split()
            if words:
                yield (number, *(words + ["", ""])[:3])


def transcriptions(tree):
    """Functions that a model suite holds a copy of: who changes one looks at its copy, then writes the new hash."""
    for number, suite, name, wanted in transcribed_lines(tree):
        now, wrong = function_hash(tree, name)
        where = "%s:%d: " % (rules.TRANSCRIBED, number)
        if not tree.exists(suite):
            yield where + "no such suite: " + suite
        elif wrong is not None:
            yield where + wrong
        elif now != wanted:
            yield where + "%s has changed (now %s): bring its copy in %s up to date, then tests/tidy/tidy.py --transcribed" % (
                name, now, suite)


def write_transcribed(tree):
    lines = tree.text(rules.TRANSCRIBED).split("\n")
    for number, suite, name, _ in transcribed_lines(tree):
        now, wrong = function_hash(tree, name)
        if wrong is not None:
            raise SystemExit("tidy: " + wrong)
        lines[number - 1] = "%-32s %-32s %s" % (suite, name, now)
    with open(os.path.join(tree.root, rules.TRANSCRIBED), "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


CHECKS = [include_rules, foreign_headers, links, seams, file_lengths, function_lengths, core_lines, formatting, left_behind,
          machine_paths, transcriptions]
