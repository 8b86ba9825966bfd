"""The tables behind tests/tidy/tidy.py: who may include whom, which words are seams, how long things may be.

Layers are named by path prefix; the longest prefix that fits a file is its layer. A file may always include its own layer.
"""

CORE = ["memory", "numa", "mailbox", "scheduler"]
# Parts of the scheduler that are seams, not scheduling: layers that may not see workers and queues still need time.
SEAMS = ["scheduler/clock.hpp", "scheduler/random.hpp", "scheduler/thread.hpp"]
LOG = ["runtime/observe"]

# layer -> prefixes it may include, besides itself (house.md 3.3). Foreign headers: see FOREIGN.
MAY_INCLUDE = {
    "memory": [],
    "numa": ["memory"],
    "mailbox": ["memory"],
    "scheduler": ["memory", "numa"],
    # Logs, counters, histograms: below the whole runtime, above the scheduler. Dumps of processes live with processes.
    "runtime/observe": ["memory", "numa", "scheduler"],
    "runtime/process": CORE + LOG,
    "runtime/dispatch": CORE + LOG + ["runtime/process"],
    # What C++ processes program against, above Context.
    "runtime/native": CORE + LOG + ["runtime/process"],
    "runtime/app": ["memory", "mailbox"] + SEAMS + LOG,
    # Small things about texts, of no layer.
    "runtime/text": [],
    # Policies: what runtime/process asks for decisions, made from what runtime/app has read.
    "runtime/security": CORE + LOG + ["runtime/process", "runtime/app", "runtime/text"],
    # Versions of the entries: above what an entry is, below what is made of one.
    "runtime/registry": ["memory", "mailbox", "runtime/app", "runtime/text"] + SEAMS + LOG,
    # Values of variables, asked by placeholders and scripts.
    "runtime/env": ["memory", "runtime/app"] + SEAMS + LOG,
    # Counters of scripts.
    "runtime/metrics": ["memory", "runtime/process"],
    # What processes tell of themselves when an observer asks.
    "runtime/inspect": CORE + LOG + ["runtime/process"],
    # The event bus, confined directories and the terminal: services of modules, on Context and NodeCore only.
    "runtime/events": CORE + LOG + ["runtime/process"],
    "runtime/files": ["memory", "mailbox"] + SEAMS + LOG,
    "runtime/terminal": ["memory", "mailbox"] + SEAMS + LOG,
    "runtime/host": CORE + LOG + ["runtime/process", "runtime/dispatch", "runtime/app", "runtime/security", "runtime/text"],
    "runtime/service": CORE + LOG
    + ["runtime/process", "runtime/dispatch", "runtime/app", "runtime/security", "runtime/host"],
    # The simulation stands beside the layers: it implements runtime/sim/hooks.hpp and watches the whole runtime.
    "runtime/sim": CORE + ["runtime"],
    # runtime/runtime.{hpp,cpp} and its neighbours: the assembled node.
    "runtime": CORE + ["runtime"],
    # lua sees Context, Machine, Payload, Command: not Worker, not Deque.
    "lua/typed": [],
    "lua": ["lua/typed", "memory", "mailbox", "runtime/process", "runtime/dispatch", "runtime/env", "runtime/events",
            "runtime/files", "runtime/terminal", "runtime/metrics"] + SEAMS + LOG,
    "cli": CORE + ["runtime", "lua"],
    # Programs of embedders.
    "examples": CORE + ["runtime", "lua", "cli"],
    "bench": CORE + ["runtime", "lua", "cli"],
    "tests": CORE + ["runtime", "lua", "cli"],
}

# The simulation's doors, like the model checker's: declared and defined with it, nothing but empty inline functions in other
# builds. Every layer goes through them.
SIMULATION_DOORS = ["runtime/sim/hooks.hpp", "runtime/sim/counted.hpp"]

# Exceptions, each with its reason.
ALSO_MAY_INCLUDE = {
    # The model build's atomics are found through the include path; nothing of tests/ is in a shipped build.
    "memory/atomic.hpp": ["model/checker/atomic_backend.hpp"],
}

# A quoted include is looked up from the root, then beside the file, then (tests only) from tests/.
INCLUDE_ROOTS_FOR_TESTS = ["tests"]

# Foreign header (regex on the text between <>) -> layers that may include it. bench and tests may include anything.
FOREIGN = [
    (r"hwloc(/|\.h$)", ["numa"]),
    (r"jemalloc/", ["memory", "runtime/observe/allocator.cpp"]),
    (r"(oneapi/)?tbb/", ["scheduler", "runtime"]),
    (r"lua5\.4/|lua\.hpp$|lua\.h$|lauxlib\.h$|lualib\.h$", ["lua"]),
    (r"yaml-cpp/", ["runtime/app"]),
    (r"cctz/", ["lua"]),
    (r"re2/", ["lua", "runtime/security", "runtime/registry", "runtime/app"]),
    (r"spdlog/", ["runtime/observe"]),
    (r"prometheus/", ["runtime/metrics", "cli"]),
    (r"httplib\.h", ["cli"]),
    (r"fmt/", ["runtime", "lua", "cli"]),
    (r"CLI/", ["cli"]),
    (r"rapidjson/|uuid/", ["lua"]),
    (r"nlohmann/", ["runtime", "cli"]),
    (r"benchmark/|gtest/|gmock/|rapidcheck|relacy/", []),
    (r"iostream$|regex$", ["cli"]),
]

# Words that only their seam may say: (what, regex, layers it holds in, files that may).
LAYERS_OF_OURS = ["memory", "numa", "mailbox", "scheduler", "runtime", "lua"]
EVERYWHERE = LAYERS_OF_OURS + ["cli", "examples", "bench", "tests"]
WORDS = [
    ("atomics", r"\bstd::atomic|\bmemory_order|#\s*include\s*<atomic>|\b__atomic_|\b__sync_",
     EVERYWHERE, ["memory/atomic.hpp", "tests/model/"]),
    ("locks", r"\bstd::(recursive_|timed_|shared_)*mutex\b|\bstd::(lock_guard|unique_lock|scoped_lock|shared_lock)\b"
              r"|#\s*include\s*<(mutex|shared_mutex)>|\bpthread_(mutex|rwlock)_",
     LAYERS_OF_OURS, ["memory/mutex.hpp"]),
    ("condition variables", r"\bstd::condition_variable|#\s*include\s*<condition_variable>|\bpthread_cond_",
     LAYERS_OF_OURS, []),
    ("threads", r"\bstd::(thread|jthread|async)\b|#\s*include\s*<(thread|future)>|\bpthread_create\b",
     LAYERS_OF_OURS, ["scheduler/thread.hpp"]),
    ("futex", r"\bSYS_futex\b|\bFUTEX_WA(IT|KE)", LAYERS_OF_OURS, ["scheduler/parker.hpp", "scheduler/parker.cpp"]),
    ("clocks", r"_clock::now\b|\bclock_gettime\b|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0)\s*\)|\b__rdtsc",
     LAYERS_OF_OURS, ["scheduler/clock.hpp"]),
    ("sleeping", r"\bthis_thread::sleep_|\b(u|nano)sleep\s*\(|\bclock_nanosleep\b", LAYERS_OF_OURS, []),
    ("randomness", r"\bstd::(random_device|mt19937|default_random_engine|rand)\b|#\s*include\s*<random>|\bs?rand\s*\(",
     LAYERS_OF_OURS, ["scheduler/random.hpp"]),
]

# Lines. The first prefix that fits counts.
FILE_LINES = [("scheduler/worker.cpp", 350)] + [(layer + "/", 300) for layer in CORE] + [("", 600)]
FUNCTION_LINES = 70
CORE_LINES = 4500

# Built from pieces, so that this file does not contain what it forbids.
LEFT_BEHIND = (r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b|\b("
               + "|".join(["DISABLED" + "_", "GTEST" + "_SKIP"]) + r")")
MACHINE_PATHS = r"(^|[\s\"'`(=:,])/(" + "|".join(["wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers"]) + r")/"
PRIVATE_HOSTS = r"https?://[^/\s\"'`)]*(artifact|nexus|registry|mirror|proxy|\.internal|\.corp\b|\.local\b)"

# Production functions that a model suite holds a copy of, with the hash of the text the copy was made from.
TRANSCRIBED = "tests/model/transcribed.txt"

# CMake target of a layer; its links must reach every layer that MAY_INCLUDE allows (checked against CMakeLists.txt).
CMAKE_TARGETS = {
    "memory": "wippy_memory", "numa": "wippy_numa", "mailbox": "wippy_mailbox", "scheduler": "wippy_scheduler",
    "runtime/observe": "wippy_runtime_observe", "runtime/process": "wippy_runtime_process",
    "runtime/dispatch": "wippy_runtime_dispatch",
    "runtime/native": "wippy_runtime_native", "runtime/app": "wippy_runtime_app",
    "runtime/text": "wippy_runtime_text", "runtime/security": "wippy_runtime_security", "runtime/registry": "wippy_runtime_registry",
    "runtime/host": "wippy_runtime_host", "runtime/service": "wippy_runtime_service", "runtime": "wippy_runtime",
    "lua/typed": "wippy_lua_typed", "lua": "wippy_lua", "cli": "wippy_cli",
}
