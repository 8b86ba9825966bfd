"""The cases: one or more blocks each, an application made around them, and what its run must show."""

import signal
import time
from pathlib import Path

import apps
import blocks
import e2e
from e2e import case

TABLE = blocks.load_table()
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PID = r"\{app:processes\|0x[0-9a-f]+\}"


def start(app, *arguments, hosts=True):
    return e2e.start(apps.assemble(app, e2e.scratch(), TABLE, hosts), "run", *arguments)


def run(app, *arguments):
    return start(app, *arguments).end()


def entry(app, identity, *arguments):
    """Runs one entry on the terminal host."""
    return run(app, "-x", identity, *arguments)


def second_signal_ends(program):
    """For programs that do not answer CANCEL: the second signal ends them at once."""
    program.signal(signal.SIGTERM)
    time.sleep(0.2)  # two signals within 100 ms count as one
    program.signal(signal.SIGTERM)
    program.end(5).exits(1).says("second signal")


# --- the texts themselves


@case("texts: the committed blocks have their hashes")
def copies():
    e2e.equal(list(blocks.problems_of_copies(TABLE)), [], "blocks/")


@case("texts: the seeds' bytes are the committed ones, and no code is left out")
def seeds():
    directory = blocks.seeds_directory()
    if directory.is_dir():
        e2e.equal(list(blocks.problems_of_seeds(TABLE, directory)), [], str(directory))


@case("texts: every block is run by an application or is later")
def coverage():
    used = set.union(*(apps.blocks_of(p.name) for p in apps.APPS.iterdir() if p.is_dir())) | set(EXAMPLE_FILES)
    later = {b["id"] for b in TABLE["blocks"] if "later" in b}
    e2e.equal(used & later, set(), "blocks both run and later")
    e2e.equal({b["id"] for b in TABLE["blocks"]} - used - later, set(), "blocks that nothing runs")


EXAMPLE_FILES = {
    "002-15": "monitored_pool/src/pool/parent.lua",
    "002-16": "monitored_pool/src/pool/task_worker.lua",
    "003-14": "supervised_pool/src/_index.yaml",
    "003-15": "supervised_pool/src/supervisor/_index.yaml",
    "003-16": "supervised_pool/src/supervisor/pool.lua",
    "003-17": "supervised_pool/src/workers/_index.yaml",
    "003-18": "supervised_pool/src/workers/task_worker.lua",
}


@case("texts: the examples are made of the blocks, byte for byte")
def examples():
    for block in (b for b in TABLE["blocks"] if b["id"] in EXAMPLE_FILES):
        path = EXAMPLES / EXAMPLE_FILES[block["id"]]
        e2e.equal(blocks.digest(path.read_bytes()), block["sha256"], str(path))


# --- seed 000


@case("000-01 000-02 spawn with arguments, send")
def concept_spawn():
    entry("api", "app.workers:spawn_send").exits(0).prints("hello\n").silent()


@case("000-03 a parent restarts its worker on EXIT with an error")
def concept_restart():
    entry("api", "app.workers:restart").exits(0).prints("done\n").silent()


@case("000-04 C-335 process.service restarts a crashing process after its delay")
def service():
    program = start("service")
    program.wait_for("err", r"handler runs")
    program.wait_for("err", r"handler failed")
    program.wait_for("err", r"handler runs(.|\n)*handler runs", 5)
    program.signal(signal.SIGINT)
    program.end(5).exits(0)


@case("000-05 upgrade: new code, the state it is given, the same pid and mailbox")
def concept_upgrade():
    entry("upgrade", "app.workers:v1").exits(0).prints("app.workers:v2 42 kept\n").silent()


# --- seed 001


@case("001-01 process.id and process.pid")
def identity():
    entry("api", "app.workers:identity").exits(0).prints_lines([r"app\.workers:identity \{app:terminal\|0x[0-9a-f]+\}"])


@case("001-02 send: several values, by name, reserved topic, unknown name")
def send():
    entry("api", "app.workers:send").exits(0).prints("sent\n").silent()


@case("001-03 the four spawns: all run, the monitored ones report")
def spawns():
    entry("api", "app.workers:spawns").exits(0).prints("4 starts, 2 exits\n").silent()


@case("001-04 terminate, then cancel")
def control():
    entry("api", "app.workers:control").exits(0).prints("process terminated\n").silent()


@case("001-05 monitor, unmonitor, link, unlink leave nothing behind")
def watch():
    entry("api", "app.workers:watch").exits(0).prints("neither event nor death\n").silent()


@case("001-06 get_options and set_options")
def options():
    entry("api", "app.workers:options").exits(0).prints("true\n").silent()


@case("001-07 001-08 001-09 inbox, events, listen, unlisten, message")
def mail():
    entry("api", "app.workers:mail").exits(0).prints("received\n").silent()


@case("001-10 exec returns the value or the error")
def execute():
    entry("api", "app.workers:exec").exits(0).prints("two numbers, please\n").silent()


@case("000-05 001-11 upgrade to another entry and to the same one, with state")
def upgrade():
    entry("api", "app.workers:upgrade").exits(0).prints("app.workers:v3 3\n").silent()


@case("001-12 with_context: the child reads the value")
def with_context():
    entry("builder", "app.workers:context").exits(0).prints("123\n").silent()


@case("001-13 methods of a builder: each leaves it as it was")
def builder_methods():
    entry("builder", "app.workers:methods").exits(0).prints("first\n").silent()


@case("001-14 the four spawns of a builder: all run with its context, the monitored ones report")
def builder_spawns():
    entry("builder", "app.workers:spawns").exits(0).prints("4 starts, 2 exits\n").silent()


@case("001-15 names: register, look up, unregister")
def registry():
    entry("api", "app.workers:registry").exits(0).prints("registered\n").silent()


# --- seed 002


@case("002-01 002-02 002-06 C-331 spawn, own pid, echo to msg:from()")
def echo():
    entry("messaging", "app.test.process:spawn_echo").exits(0).prints_lines([r"Started worker:\t" + PID, "echoed"]).silent()


@case("002-03 002-04 send to a listening worker")
def send_listen():
    program = run("messaging", "-c", "-x", "app.test.process:send_listen").exits(0).prints("true true\n")
    program.says(r"app\.test\.process:listen_worker .*Received:\s+hello from parent")


@case("002-05 inbox gets what no listener claims")
def inbox():
    program = start("messaging", "-x", "app.test.process:inbox_worker")
    program.wait_for("out", r"^Inbox got:")
    second_signal_ends(program)
    program.prints("Inbox got:\tother\tplain\n")


@case("002-07 spawn_monitored: EXIT of a worker that returns")
def monitored():
    program = entry("messaging", "app.test.process:monitored").exits(0).silent()
    program.prints_lines([r"Worker exited:\t" + PID, "value: worker done"])


@case("002-07 spawn_monitored: EXIT of a worker that fails")
def monitored_fail():
    program = entry("messaging", "app.test.process:monitored", "fail").exits(0).silent()
    program.prints_lines([r"Worker exited:\t" + PID, r"Exit error:\t.*worker failed.*", "value: nil"])


@case("002-07 spawn_monitored: the time limit comes first")
def monitored_timeout():
    program = entry("messaging", "app.test.process:monitored", "sleep").fails_once("timeout waiting for EXIT event$")
    program.check(2.9 < program.seconds < 9, "the limit is 3 s").prints("")


@case("002-08 explicit monitor")
def explicit_monitor():
    entry("messaging", "app.test.process:explicit_monitor").exits(0).prints("process terminated\n").silent()


@case("002-08 002-09 unmonitor: no event")
def unmonitor():
    entry("messaging", "app.test.process:unmonitor").exits(0).prints("no event\n").silent()


@case("002-10 spawn_linked: the parent's failure ends the child")
def spawn_linked():
    entry("messaging", "app.test.process:spawn_linked").exits(0).prints("child: linked process failed\n").silent()


@case("002-10 spawn_linked: a child with trap_links lives on")
def spawn_linked_trap():
    entry("messaging", "app.test.process:spawn_linked", "trap").exits(0).prints("child: pid.link.down\n").silent()


@case("002-11 link and unlink")
def link_unlink():
    entry("messaging", "app.test.process:link_unlink").exits(0).prints("alive\n").silent()


@case("002-12 LINK_DOWN as an event with trap_links")
def trap():
    entry("messaging", "app.test.process:trap").exits(0).prints_lines([r"Linked process died:\t" + PID]).silent()


@case("002-13 register a name and look it up")
def register_name():
    entry("messaging", "app.test.process:register_name").exits(0).prints("").silent()


@case("002-14 unregister a name")
def unregister_name():
    entry("messaging", "app.test.process:unregister_name").exits(0).prints("NotFound\n").silent()


@case("002-14 unregister a name that was not registered")
def unregister_unknown():
    program = entry("messaging", "app.test.process:unregister_name", "unknown").exits(0).silent()
    program.prints("Name was not registered\nNotFound\n")


@case("002-15 002-16 C-330 monitored pool (examples/monitored_pool)")
def monitored_pool():
    program = e2e.run(EXAMPLES / "monitored_pool", "run", "monitored_pool").exits(0).silent()
    expected = sorted(f"Worker {i} completed:\t{i * 20}" for i in range(1, 6))
    program.check(sorted(program.out.splitlines()) == expected, f"expected the lines {expected}")
    program.check(program.seconds < 5, "five sleeps of 100 ms beside each other")


# --- seed 003


@case("003-01 spawn_monitored: the worker's value")
def supervision_monitored():
    program = entry("supervision", "app.workers:spawn_monitored").exits(0).silent()
    program.prints_lines([r"Worker exited:\t" + PID, r"Result:\ttask done"])


@case("003-01 spawn_monitored: the worker's error")
def supervision_monitored_fail():
    program = entry("supervision", "app.workers:spawn_monitored", "fail").exits(0).silent()
    program.prints_lines([r"Worker exited:\t" + PID, r"Result:\tnil", r"Error:\ttask failed"])


@case("003-02 monitor a running process, cancel it with a deadline")
def supervision_monitor():
    entry("supervision", "app.workers:monitor").exits(0).prints_lines([r"Worker terminated:\t" + PID]).silent()


@case("003-03 C-334 unmonitor, then cancel: no event for 200 ms")
def supervision_unmonitor():
    program = entry("supervision", "app.workers:unmonitor").exits(0).prints("").silent()
    program.check(program.seconds > 0.2, "it waits 200 ms")


@case("003-04 C-332 explicit link, LINK_DOWN when the target fails")
def explicit_link():
    entry("supervision", "app.workers:explicit_link").exits(0).prints("LINK_DOWN_RECEIVED\n").silent()


@case("003-05 spawn_linked with trap_links: the child died")
def supervision_linked():
    entry("supervision", "app.workers:spawn_linked").exits(0).prints_lines([r"Child died:\t" + PID]).silent()


@case("003-06 C-333 without trap_links the failure of a link ends the process")
def untrapped():
    entry("supervision", "app.workers:untrapped").fails_once("linked process failed$").prints("trap_links:\tfalse\n")


@case("003-07 with trap_links it lives on")
def trapped():
    program = entry("supervision", "app.workers:trapped").exits(0).silent()
    program.prints("Child failed, handling gracefully\nLINK_DOWN_RECEIVED\n")


@case("003-08 cancel with 100 ms for a worker that does not answer")
def cancel():
    program = entry("supervision", "app.workers:cancel").exits(0).silent()
    program.prints_lines([r"Worker cancelled:\t" + PID])
    program.check(program.seconds > 0.1, "the deadline is 100 ms")


@case("003-09 CANCEL by SIGINT: clean up and return")
def handle_cancel():
    program = start("supervision", "-x", "app.workers:cancel_worker")
    program.wait_for("out", r"^handled a message$")
    program.signal(signal.SIGINT)
    program.end(5).exits(0).prints("handled a message\ncleaned up\ncancelled gracefully\n")


@case("003-09 CANCEL by process.cancel: a normal exit")
def handle_cancel_exit():
    entry("supervision", "app.workers:cancel_driver").exits(0).prints("cancelled gracefully\n").silent()


@case("003-10 003-11 star as written: the children do not trap links and die")
def star():
    entry("star_chain", "app.workers:star_driver").exits(0).prints("10 children: linked process failed\n").silent()


@case("003-10 003-11 star with trap_links: the children return parent_died")
def star_trapped():
    entry("star_chain", "app.workers:star_driver", "trap").exits(0).prints("10 children: parent_died\n").silent()


@case("003-12 003-13 chain: the root's failure ends all")
def chain():
    entry("star_chain", "app.workers:chain_driver").exits(0).prints("chain of 6 died, depths add up to 10\n").silent()


@case("003-15 … 003-19 H-172 supervised pool as a service")
def supervised_service():
    program = start("supervised_service", hosts=False)
    program.wait_for("err", r"Supervisor started with 4 workers")
    for worker in range(1, 5):
        program.wait_for("err", rf"app\.supervisor:pool .*Worker {worker} started: {PID}")
        program.wait_for("err", rf"app\.workers:task_worker .*Task worker {worker} started")
    program.wait_for("err", r"Worker 1 idle", 10)
    second_signal_ends(program)
    program.prints("")


@case("003-14 … 003-18 supervised pool (examples/supervised_pool)")
def supervised_example():
    program = e2e.start(EXAMPLES / "supervised_pool", "run")
    program.wait_for("err", r"Supervisor started with 4 workers")
    second_signal_ends(program)


@case("003-16 003-17 003-18 C-329 supervised pool: failed workers are restarted, the others go on")
def supervised_restarts():
    entry("supervised_restarts", "app.test:driver").exits(0).prints("restarts seen\n").silent()
