"""process.native: load problems, and the program of examples/native_worker, whose factories are example.primes and
example.tally."""

import re
import signal

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL, command, project, service

EXAMPLE = e2e.EXAMPLES / "native_worker"
OUTPUT = ("primes below 10000: 1229\nInvalid: argument 1: expected an integer, got a string\nactor: 2\n"
          "primes below 100: 25\npid.link.down: name already registered\npid.exit: actor 2, link 1\n")


def native(name, factory, more=""):
    return f"  - {{name: {name}, kind: process.native, factory: {factory}{more and ', ' + more}}}\n"


def run(app, *arguments, **options):
    return e2e.run(app, "run", *arguments, program="native_worker", **options)


@case("native: the example prints what its README says")
def example():
    run(EXAMPLE, "native_worker").exits(0).silent().prints(OUTPUT)
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    e2e.equal(all("    " + line in readme for line in OUTPUT.splitlines()), True, "README.md shows the output")


@case("native: the example in the simulation, the same for the same seed")
def simulated():
    runs = [run(EXAMPLE, "--sim", "--seed", "7", "native_worker").exits(0).prints(OUTPUT) for _ in range(2)]
    hashes = {re.search(r"hash=0x[0-9a-f]+", r.err).group() for r in runs}
    e2e.equal(len(hashes), 1, "hashes")


@case("native: as a command; its result is the exit code, a text is printed, its error fails")
def commands():
    run(EXAMPLE, "list").exits(0).check_out(r"primes +The number of primes below its argument +\(app:primes\)")
    run(EXAMPLE, "primes", "100").exits(25).silent().prints("")
    run(EXAMPLE, "-x", "app:primes", "12").exits(5).silent().prints("")
    run(EXAMPLE, "primes").fails_once("argument 1: expected an integer, got nothing$").prints("")
    run(EXAMPLE, "primes", "many").fails_once("argument 1: expected an integer, got a string$")
    run(EXAMPLE, "primes", "--", "-1").fails_once("primes: limit and step must not be negative$")


@case("native: a command is cancelled by SIGINT and gives its own result")
def cancelled():
    app = project({}, more=native("words", "example.tally", command("words")))
    program = e2e.start(app, "run", "-v", "words", "name", program="native_worker")
    program.wait_for("err", "command app:words .*to=running")
    program.signal(signal.SIGINT)
    program.end(5).exits(0).prints("").says("command app:words .*to=stopped")


@case("native: process.service with input; an error leads to a restart")
def as_service():
    # The second service takes a name that is taken: it fails at every start.
    app = project({"it": ("lifecycle: {auto_start: true}", 'while not process.registry.lookup("words") do time.sleep("1ms") end\n'
                          'process.send("words", "add", "from lua", 3)\nprocess.send("words", "total", "from lua")\n'
                          'local total = process.listen("total"):receive()\nprint("total", total[1], total[2])')},
                  more=native("tally", "example.tally") + service("one", "app:tally").replace(
                      "    lifecycle", "    input: [words]\n    lifecycle") +
                  service("two", "app:tally", "requires: [one], restart: {delay: 20ms, max_attempts: 2}").replace(
                      "    lifecycle", "    input: [words]\n    lifecycle"))
    program = e2e.start(app, "run", program="native_worker")
    program.wait_for("err", r"total\sfrom lua\s3")
    program.wait_for("err", r"error .*app:two.*name already registered|name already registered.*app:two")
    program.signal(signal.SIGTERM)
    program.end(5).exits(0)


@case("native: auto_start of the entry itself; without its argument it cannot start, which is told")
def auto_started():
    app = project({}, more=native("up", "example.tally", "lifecycle: {auto_start: true, restart: {delay: 20ms, max_attempts: 1}}"))
    program = e2e.start(app, "run", program="native_worker")
    program.wait_for("err", r"app:up.*argument 1: expected a string, got nothing")
    program.signal(signal.SIGTERM)
    program.end(5)


@case("native: a bounded mailbox refuses the sender")
def bounded():
    app = project({"it": 'local pid = process.spawn("app:count", "app:processes", 300000, 300000)\n'
                         'local refused\nfor _ = 1, 3 do refused = select(2, process.send(pid, "x")) end\n'
                         'print(refused:kind(), tostring(refused))\nprocess.terminate(pid)'},
                  more=native("count", "example.primes", "mailbox: {max_messages: 2, policy: fail_sender}"))
    run(app, "-x", "app:it").exits(0).prints("RateLimited\tmailbox is full\n")


@case("native: a memory limit ends the process with an error")
def memory_limit():
    app = project({"it": 'local pid = process.spawn_monitored("app:tally", "app:processes", "words")\n'
                         'for i = 1, 10000 do process.send(pid, "add", string.rep("x", 100) .. i, 1) end\n'
                         'local event = process.events():receive()\nprint(event.error:kind(), event.error)'},
                  more=native("tally", "example.tally", "limits: {max_memory_bytes: 64KiB}"))
    run(app, "-x", "app:it").exits(0).prints("Internal\tmemory limit exceeded\n")


ROWS = [
    ("no factory", "  - {name: a, kind: process.native}\n", r"src/_index\.yaml:7:\d+: entry app:a: factory: factory is required"),
    ("factory of a wrong type", native("a", "[x]"), r"src/_index\.yaml:7:\d+: entry app:a: factory: expected text, got list"),
    ("an unknown factory: near names", native("a", "exmple.prime"),
     r'src/_index\.yaml:7:46: entry app:a: factory: no native factory "exmple\.prime" in this program; '
     r'did you mean "example\.primes"\?'),
    ("an unknown factory: all names", native("a", "zzz"),
     r'src/_index\.yaml:7:46: entry app:a: factory: no native factory "zzz" in this program; '
     r"it has example\.primes, example\.tally"),
    ("a limit that cannot hold", native("a", "example.primes", "limits: {max_memory_bytes: 1MiB}"),
     r'src/_index\.yaml:7:\d+: entry app:a: limits\.max_memory_bytes: factory "example\.primes" takes no ProcessMemory'),
    ("a common field of a wrong type", native("a", "example.tally", "mailbox: {max_messages: many}"),
     r"src/_index\.yaml:7:\d+: entry app:a: mailbox\.max_messages: "),
]

for title, line, pattern in ROWS:
    case(f"native: {title}")(lambda line=line, pattern=pattern: run(project({}, more=line)).exits(1).prints("").says(
        pattern, r"^Error: "))


@case("native: fields of process.lua are unknown here; a warning each")
def unknown_fields():
    app = project({}, more=native("a", "example.primes", "source: x, modules: [time]"))
    e2e.run(app, "lint", program="native_worker").exits(0).check_out(r"app:a: source: unknown field", r"app:a: modules: unknown field")


@case("native: the stock program has no factories, and says so")
def stock():
    e2e.run(EXAMPLE, "run", "native_worker").exits(1).prints("").says(
        r'src/_index\.yaml:\d+:\d+: entry app:primes: factory: no native factory "example\.primes" in this program; '
        r"it has none", r"^Error: 2 problems, nothing was started")


@case("native: an application of native processes only")
def native_only():
    index = HEAD + PROCESS_HOST + TERMINAL + native("count", "example.primes")
    app = e2e.write_files(e2e.scratch(), {"src/_index.yaml": index})
    run(app, "-x", "app:count", "20").exits(8)
