"""Log records: host.md §10.1."""

import json
import re

import e2e
from e2e import case
from projects import project

JSON_LOGS = {".wippy.yaml": 'version: "1.0"\nlogger: {encoding: json}\n'}
LOGGER = 'local logger = require("logger")\n'
# `modules` of an entry is written by projects.entry; a second logger-using entry names both.
USES_LOGGER = "modules: [time, logger]"


def logging_project(bodies):
    app = project({name: body for name, body in bodies.items()})
    index = (app / "src/_index.yaml").read_text().replace("modules: [time]", USES_LOGGER)
    files = {"src/_index.yaml": index}
    for name in bodies:
        files[f"src/{name}.lua"] = LOGGER + (app / f"src/{name}.lua").read_text()
    return e2e.write_files(app, files)


def records(text):
    return [json.loads(line) for line in text.splitlines()]


@case("H-297 log records carry pid and location of the logging process")
def pid_and_location():
    app = e2e.write_files(logging_project({"it": 'logger:info("said", {size = 3})\nprint(process.pid())'}), JSON_LOGS)
    program = e2e.run(app, "run", "-v", "-x", "app:it").exits(0)
    said = [r for r in records(program.err) if r["message"] == "said"]
    program.check(len(said) == 1, "one record")
    e2e.equal((said[0]["pid"], said[0]["location"], said[0]["logger"], said[0]["level"], said[0]["size"]),
              (program.out.strip(), "app:it:4", "app:it", "info", 3), "the record")


@case("H-298 -v shows debug, the default hides it, -s shows nothing")
def levels():
    body = 'logger:debug("deep")\nlogger:info("plain")\nlogger:warn("odd")'
    app = logging_project({"it": body})
    e2e.run(app, "run", "-v", "-x", "app:it").exits(0).says("debug .*deep", "info .*plain", "warn .*odd")
    e2e.run(app, "run", "--very-verbose", "-x", "app:it").exits(0).says("debug .*deep")
    program = e2e.run(app, "run", "-c", "-x", "app:it").exits(0).says("info .*plain")
    program.check("deep" not in program.err, "no debug by default")
    e2e.run(app, "run", "-s", "-v", "-x", "app:it").exits(0).silent()
    e2e.run(app, "run", "-x", "app:it").exits(0).silent()


@case("H-299 json: one valid object per line, whoever logs at the same time")
def json_lines():
    writer = 'local name = ...\nfor i = 1, 500 do logger:info(name .. "\\n" .. ("x"):rep(200), {i = i}) end'
    app = e2e.write_files(logging_project({"writer": writer, "it": """
for _, name in ipairs{"a", "b", "c", "d"} do process.spawn_monitored("app:writer", "app:processes", name) end
for _ = 1, 4 do process.events():receive() end"""}), JSON_LOGS)
    program = e2e.run(app, "run", "-v", "-x", "app:it").exits(0).prints("")
    got = [r for r in records(program.err) if r["logger"] == "app:writer"]
    for name in "abcd":
        e2e.equal([r["i"] for r in got if r["message"][0] == name], list(range(1, 501)), f"the records of {name}")


@case("H-300 a crash is logged once with pid, entry, error and traceback")
def crash():
    app = e2e.write_files(project({"child": 'print("pid", process.pid())\nlocal function deep() error("boom") end\ndeep()', "it": """
local pid = assert(process.spawn_monitored("app:child", "app:processes"))
process.events():receive()
print(pid)"""}), JSON_LOGS)
    program = e2e.run(app, "run", "-v", "-x", "app:it").exits(0)
    crashes = [r for r in records(program.err) if r["level"] == "error"]
    program.check(len(crashes) == 1, "one error")
    record = crashes[0]
    e2e.equal((record["message"], record["id"], record["pid"]), ("process crashed", "app:child", program.out.strip()), "who")
    program.check(re.search(r"app:child:4: boom$", record["error"]), "the error with its place")
    program.check("stack traceback" in record["traceback"] and "deep" in record["traceback"], "the traceback")


@case("H-300 nil, err is a crash without a traceback; a normal end, a kill by request and a link's failure are none")
def no_crash():
    app = e2e.write_files(project({
        "fails": 'return nil, "no luck"', "fine": "return 1", "waits": 'time.sleep("60s")',
        "linked": 'process.spawn_linked("app:fails", "app:processes")\ntime.sleep("60s")', "it": """
local victim = assert(process.spawn_monitored("app:waits", "app:processes"))
process.terminate(victim)
for _, id in ipairs{"app:fine", "app:linked"} do assert(process.spawn_monitored(id, "app:processes")) end
for _ = 1, 3 do process.events():receive() end"""}), JSON_LOGS)
    program = e2e.run(app, "run", "-v", "-x", "app:it").exits(0)
    crashes = [r for r in records(program.err) if r["level"] == "error"]
    e2e.equal([(r["id"], r["error"], "traceback" in r) for r in crashes], [("app:fails", "no luck", False)], "crashes")


@case("H-300 a native process's failure is logged likewise")
def native_crash():
    line = "  - {name: primes, kind: process.native, factory: example.primes}\n"
    app = e2e.write_files(project({}, more=line), JSON_LOGS)
    program = e2e.run(app, "run", "-v", "-x", "app:primes", "--", "-1", program="native_worker").exits(1)
    crashes = [json.loads(t) for t in program.err.splitlines() if t.startswith("{") and '"level":"error"' in t]
    e2e.equal([(r["id"], r["error"]) for r in crashes], [("app:primes", "primes: limit and step must not be negative")], "crashes")


@case("H-300 a failed upgrade is a crash of the entry that asked for it")
def upgrade_crash():
    app = e2e.write_files(project({"it": 'process.upgrade("app:nope")'}), JSON_LOGS)
    program = e2e.run(app, "run", "-v", "-x", "app:it").exits(1)
    crashes = [json.loads(t) for t in program.err.splitlines() if t.startswith("{") and '"level":"error"' in t]
    e2e.equal([(r["id"], r["error"]) for r in crashes],
              [("app:it", "upgrade: factory not found: process 'app:nope' does not exist")], "crashes")
