"""Services of a running application: host.md §4, as far as it shows from outside (its log)."""

import signal

import e2e
from e2e import case
from projects import PROCESS_HOST, TERMINAL, project, service

WAITS = 'process.events():receive()'


def running(processes, more="", hosts=PROCESS_HOST + TERMINAL):
    return e2e.start(project(processes, more=more, hosts=hosts), "run")


def stopped(program, code=0, timeout_s=5):
    program.signal(signal.SIGTERM)
    return program.end(timeout_s).exits(code)


def count(program, text):
    return program.err.count(text)


@case("H-140 H-151 process.service with its input; H-141 not without auto_start")
def service_input():
    body = f'print("input", ...)\n{WAITS}'
    program = running({"it": body, "other": 'print("never")'}, service("one", "app:it", "restart: {delay: 1s}").replace(
        "    lifecycle", "    input: [7, text, true]\n    lifecycle") +
        "  - {name: two, kind: process.service, process: 'app:other', host: 'app:processes'}\n")
    program.wait_for("err", r"input\s7\stext\strue")
    stopped(program).check(count(program, "never") == 0, "app:two was not asked for")


@case("H-142 H-151 an error exit leads to a restart with a new pid")
def restarted():
    program = running({"it": 'print("run " .. process.pid())\nerror("crash")'},
                      service("one", "app:it", "restart: {delay: 100ms, jitter: 0, backoff_factor: 1}"))
    found = program.wait_for("err", r"run (\{\S+\})(?:.|\n)*run (\{\S+\})(?:.|\n)*run (\{\S+\})")
    stopped(program).check(len(set(found.groups())) == 3, "three pids")


@case("H-146 max_attempts 2: three starts, then failed, one error line with the ID and the last error")
def given_up():
    program = running({"it": 'print("attempt")\nerror("crash")'},
                      service("one", "app:it", "restart: {delay: 20ms, max_attempts: 2}"))
    program.wait_for("err", r"error .*app:one")
    stopped(program).check(count(program, "attempt  ") == 3, "three starts")
    program.check(len([l for l in program.err.splitlines() if " error " in l and "app:one" in l]) == 1, "one error line")
    program.says(r" error .*crash|crash.* error ")


@case("H-148 a normal return: exited, no restart")
def normal_return():
    program = running({"it": 'print("ran once")\nreturn "fine"'}, service("one", "app:it", "restart: {delay: 20ms}"))
    program.wait_for("err", r"app:one .*to=exited")
    e2e.time.sleep(0.3)
    stopped(program).check(count(program, "ran once") == 1, "one run")


@case("H-149 nil, reason counts as a failure")
def returned_failure():
    program = running({"it": 'print("a run")\nreturn nil, "reason"'}, service("one", "app:it", "restart: {delay: 20ms}"))
    program.wait_for("err", r"a run(.|\n)*a run")
    stopped(program)


@case("H-150 terminate from outside: a restart")
def terminated():
    body = 'process.registry.register("victim")\nprint("victim is " .. process.pid())\n' + WAITS
    killer = ('for i = 1, 100 do\n  local pid = process.registry.lookup("victim")\n'
              '  if pid then process.terminate(pid) return end\n  time.sleep("20ms")\nend')
    program = running({"it": body, "killer": ("lifecycle: {auto_start: true}", killer)},
                      service("one", "app:it", "restart: {delay: 50ms}"))
    found = program.wait_for("err", r"victim is (\{\S+\})(?:.|\n)*victim is (\{\S+\})")
    stopped(program).check(found.group(1) != found.group(2), "a new pid")


@case("H-155 requires: the dependent starts after what it needs")
def requires():
    program = running({"a": f'print("a is up")\n{WAITS}', "b": f'print("b is up")\n{WAITS}'},
                      service("first", "app:a", "requires: ['app:second']") + service("second", "app:b"))
    program.wait_for("err", r"app:second .*to=running(.|\n)*app:first .*to=running")
    stopped(program)
    program.says(r"app:first .*to=stopped(.|\n)*app:second .*to=stopped")  # H-166: dependents stop first


@case("H-157 a required service without auto_start is started")
def requires_manual():
    program = running({"a": WAITS, "b": f'print("b is up")\n{WAITS}'},
                      service("first", "app:a", "requires: ['app:second']") +
                      service("second", "app:b").replace("auto_start: true", "auto_start: false"))
    program.wait_for("err", r"b is up")
    stopped(program)


@case("H-158 a cycle of requirements: the path, nothing starts")
def cycle():
    app = project({"a": 'print("ran")'}, more=service("first", "app:a", "requires: ['app:second']") +
                  service("second", "app:a", "requires: ['app:first']"))
    program = e2e.run(app, "run").exits(1).says("app:first.*app:second|app:second.*app:first")
    program.check("ran" not in program.err, "nothing starts")


@case("H-159 a requirement that does not exist names both")
def missing_requirement():
    app = project({"a": ""}, more=service("first", "app:a", "requires: ['app:nope']"))
    e2e.run(app, "run").exits(1).says("app:first.*app:nope")


@case("H-162 a failing service leaves the others alone")
def unrelated():
    program = running({"bad": 'error("crash")', "good": f'print("good is up")\n{WAITS}\nprint("good ends")'},
                      service("bad.service", "app:bad", "restart: {delay: 20ms, max_attempts: 1}") +
                      service("good.service", "app:good"))
    program.wait_for("err", r"good is up")
    program.wait_for("err", r" error .*app:bad\.service")
    stopped(program).says("good ends")


@case("H-164 stop sends CANCEL with a deadline; the process may finish")
def stop_cancels():
    program = running({"it": 'print("up")\nlocal event = process.events():receive()\nprint("got", event.kind, type(event.deadline))'},
                      service("one", "app:it"))
    program.wait_for("err", r"\bup\b")
    stopped(program).says(r"got\spid\.cancel\sstring")


@case("H-165 a process that ignores it is terminated after stop_timeout")
def stop_terminates():
    program = running({"it": 'print("up")\nwhile true do time.sleep("1s") end'}, service("one", "app:it", "stop_timeout: 300ms"))
    program.wait_for("err", r"\bup\b")
    begun = e2e.time.monotonic()
    stopped(program).check(0.25 < e2e.time.monotonic() - begun < 3, "about 300 ms")
    program.says(r"app:one .*to=stopped.*stop timeout")


@case("H-165 even one that loops without end")
def stop_terminates_loop():
    program = running({"it": 'print("up")\nwhile true do end'}, service("one", "app:it", "stop_timeout: 300ms"))
    program.wait_for("err", r"\bup\b")
    begun = e2e.time.monotonic()
    stopped(program).check(e2e.time.monotonic() - begun < 3, "about 300 ms")


@case("H-170 no restart during shutdown")
def no_restart_at_stop():
    program = running({"it": f'print("a run")\n{WAITS}\nerror("fails on CANCEL")'}, service("one", "app:it", "restart: {delay: 10ms}"))
    program.wait_for("err", r"a run")
    stopped(program).check(count(program, "a run") == 1, "one run")


@case("H-171 a stop while waiting for a retry cancels it")
def stop_while_waiting():
    program = running({"it": 'print("a run")\nerror("crash")'}, service("one", "app:it", "restart: {delay: 30s}"))
    program.wait_for("err", r"crash")
    stopped(program).check(count(program, "a run") == 1, "one run").check(program.seconds < 5, "no waiting")


@case("H-174 host: on an auto-started process entry decides; H-175 it is restarted per its lifecycle")
def own_host():
    hosts = PROCESS_HOST + "  - {name: second, kind: process.host, host: {workers: 1}}\n"
    program = running({"it": ("host: 'app:second', lifecycle: {auto_start: true, restart: {delay: 50ms}}",
                              'print("on " .. process.pid())\nerror("crash")')}, hosts=hosts)
    found = program.wait_for("err", r"on (\{app:second\|\S+\})(?:.|\n)*on (\{app:second\|\S+\})")
    stopped(program).check(found.group(1) != found.group(2), "a new pid")


@case("H-173 two process hosts and no rule: the candidates are listed")
def no_host():
    hosts = PROCESS_HOST + "  - {name: second, kind: process.host, host: {workers: 1}}\n"
    app = project({"it": ("lifecycle: {auto_start: true}", "")}, hosts=hosts)
    e2e.run(app, "run").exits(1).says(r"_index\.yaml:7.*app:it.*app:processes, app:second")
