"""Plants one violation at a time into a small clean tree and expects exactly the check it belongs to to report it."""

import os
import subprocess
import tempfile

import checks
import rules

TWIN_HASH = "696cd5ad9944"
CLEAN = {
    "memory/a.hpp": "#pragma once\n// std::atomic in a comment is fine; so is \"std::mutex\" in a text.\n"
                    "inline const char* a() { return \"std::mutex\"; }\n",
    "memory/atomic.hpp": "#pragma once\n#if defined(WIPPY_MODEL)\n#include \"model/checker/atomic_backend.hpp\"\n#else\n"
                         "#include <atomic>\n#endif\n",
    "mailbox/b.hpp": "#pragma once\n#include \"memory/a.hpp\"\n",
    "scheduler/worker.hpp": "#pragma once\n",
    "scheduler/clock.hpp": "#pragma once\n",
    "lua/c.cpp": "#include <lua5.4/lua.hpp>\n\n#include \"memory/a.hpp\"\n#include \"scheduler/clock.hpp\"\n",
    "tests/unit/memory/a_test.cpp": "#include \"memory/a.hpp\"\n",
    "scheduler/twin.cpp": "#include \"scheduler/worker.hpp\"\n\nnamespace n {\nint Twin::of(int x) { return x; }  // as it was\n"
                          "}  // namespace n\n",
    "tests/model/twin_suite.cpp": "int copy(int x) { return x; }\n",
    rules.TRANSCRIBED: "# suite, function, hash\ntests/model/twin_suite.cpp Twin::of %s\n" % TWIN_HASH,
    "README.md": "See https://example.org/registry for more.\n",
}
LONG_FUNCTION = "namespace n {\nstruct S {\n  int f(int x) {\n%s    return x;\n  }\n};\n}  // namespace n\n" % ("    ++x;\n" * 70)
# What is short, but has a long type or namespace around it, must not be reported.
LONG_TYPE = "namespace n {\nstruct S {\n%s  int f() { return 1; }\n};\n}  // namespace n\n" % ("  int x = 0;\n" * 90)
MARK = "TO" + "DO"

# (name, check expected to fail or None, path, text)
PLANTED = [
    ("scheduler includes mailbox", "include_rules", "scheduler/x.cpp", '#include "mailbox/b.hpp"\n'),
    ("mailbox includes scheduler", "include_rules", "mailbox/x.cpp", '#include "scheduler/clock.hpp"\n'),
    ("memory includes mailbox", "include_rules", "memory/x.cpp", '#include "mailbox/b.hpp"\n'),
    ("lua includes the worker", "include_rules", "lua/x.cpp", '#include "scheduler/worker.hpp"\n'),
    ("a shipped file includes tests", "include_rules", "lua/x.cpp", '#include "tests/unit/memory/a_test.cpp"\n'),
    ("include beside the file", "include_rules", "memory/x.cpp", '#include "a.hpp"\n'),
    ("include of nothing", "include_rules", "memory/x.cpp", '#include "memory/gone.hpp"\n'),
    ("foreign header out of place", "foreign_headers", "mailbox/x.cpp", "#include <yaml-cpp/yaml.h>\n"),
    ("Lua's header outside lua", "foreign_headers", "runtime/host/x.cpp", "#include <lua5.4/lua.hpp>\n"),
    ("std::atomic", "seams", "numa/x.cpp", "std::atomic<int> x;\n"),
    ("std::atomic in a test", "seams", "tests/unit/memory/x.cpp", "std::atomic<int> x;\n"),
    ("memory order", "seams", "lua/x.cpp", "auto o = std::memory_order_relaxed;\n"),
    ("std::mutex", "seams", "runtime/host/x.cpp", "std::mutex m;\n"),
    ("condition variable", "seams", "scheduler/x.cpp", "std::condition_variable c;\n"),
    ("std::thread", "seams", "runtime/x.cpp", "std::thread t;\n"),
    ("clock", "seams", "lua/x.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("random", "seams", "mailbox/x.cpp", "int r = rand();\n"),
    ("long core file", "file_lengths", "mailbox/x.hpp", "// line\n" * 301),
    ("long file", "file_lengths", "lua/x.cpp", "// line\n" * 601),
    ("long function", "function_lengths", "lua/x.cpp", LONG_FUNCTION),
    ("long type, short functions", None, "lua/x.cpp", LONG_TYPE),
    ("core too large", "core_lines", None, None),
    ("not formatted", "formatting", "lua/x.cpp", "int  f( ){return 1 ;}\n"),
    ("mark left behind", "left_behind", "lua/x.cpp", "// %s: later\n" % MARK),
    ("mark in a script", "left_behind", "scripts/x.sh", "# %s\n" % MARK),
    ("machine path", "machine_paths", "docs/x.md", "see /%s/someone/x\n" % ("ho" + "me")),
    ("private host", "machine_paths", "docs/x.md", "from https://%s.example.com/x\n" % ("nex" + "us")),
    ("transcribed function changed", "transcriptions", "scheduler/twin.cpp",
     "namespace n {\nint Twin::of(int x) { return x + 1; }\n}  // namespace n\n"),
    ("only its comment changed", None, "scheduler/twin.cpp",
     "namespace n {\nint Twin::of(int x) {  // other words\n  return x;\n}\n}  // namespace n\n"),
    ("transcribed function gone", "transcriptions", "scheduler/twin.cpp",
     "namespace n {\nint Twin::by(int x) { return x; }\n}  // namespace n\n"),
    ("link that the rules forbid", "links", "CMakeLists.txt", None),
]


def cmake_text(extra_dep=""):
    """A CMakeLists.txt whose links are exactly the include rules; extra_dep is added to wippy_scheduler."""
    lines = []
    for layer, target in rules.CMAKE_TARGETS.items():
        deps = [t for other, t in rules.CMAKE_TARGETS.items()
                if other != layer and not other.startswith(layer + "/") and checks.below(other, rules.MAY_INCLUDE[layer])]
        if layer in ("runtime", "cli"):
            deps += [t for other, t in rules.CMAKE_TARGETS.items() if other.startswith("runtime/")]
        if target == "wippy_scheduler" and extra_dep:
            deps.append(extra_dep)
        lines.append("wippy_library(%s %s DEPS %s)" % (target, layer, " ".join(deps)))
    return "\n".join(lines) + "\n"


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def plant(root, path, name, text):
    if name == "core too large":
        for i in range(16):
            write(root, "memory/big%d.hpp" % i, "int line;\n" * 290)
    elif path == "CMakeLists.txt":
        write(root, path, cmake_text("wippy_mailbox"))
    else:
        write(root, path, text)


def failing(root):
    tree = checks.Tree(root)
    return {check.__name__ for check in checks.CHECKS if list(check(tree))}


def run():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "..", ".clang-format"), encoding="utf-8") as file:
        style = file.read()
    for name, expected, path, text in [("clean tree", None, None, None)] + PLANTED:
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["git", "init", "-q", root], check=True, capture_output=True)
            for clean_path, clean_text in CLEAN.items():
                write(root, clean_path, clean_text)
            write(root, "CMakeLists.txt", cmake_text())
            write(root, ".clang-format", style)
            if expected or path:
                plant(root, path, name, text)
            found = failing(root)
            yield name + ": reported by %s" % (sorted(found) or "nobody"), found == ({expected} if expected else set())
