"""env.* entries, the env module and placeholders that read them (host.md §1.10, §2.11)."""

import stat

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL

STORES = """  - {name: mem, kind: env.storage.memory}
  - {name: os, kind: env.storage.os}
  - {name: file, kind: env.storage.file, file_path: conf/app.env, auto_create: true, file_mode: 0600}
  - {name: fixed, kind: env.storage.static, values: {ONLY: fixed, BOTH: fixed}}
  - {name: router, kind: env.storage.router, storages: [mem, fixed]}
"""


def app(body, entries="", files=None):
    index = HEAD + PROCESS_HOST + TERMINAL + STORES + entries
    index += "  - {name: it, kind: process.lua, source: 'file://it.lua', modules: [env]}\n"
    given = {"src/_index.yaml": index, "src/it.lua": f"return {{ main = function(...)\nlocal env = require('env')\n{body}\nend }}\n"}
    return e2e.write_files(e2e.scratch(), {**given, **(files or {})})


def variable(name, storage, more=""):
    return f"  - {{name: v_{name.lower()}, kind: env.variable, variable: {name}, storage: {storage}{more and ', ' + more}}}\n"


def it(directory, **options):
    return e2e.run(directory, "run", "-x", "app:it", **options)


FAILS = "local function fails(v, err) print(v, err:kind(), err) end\n"


@case("H-078 H-079: a default stands in for a missing and for an empty value")
def defaults():
    it(app("print(env.get('A')) print(env.set('A', '8'), env.get('A')) print(env.set('A', ''), env.get('A'))",
           variable("A", "mem", "default: 7"))).exits(0).prints("7\ntrue\t8\ntrue\t7\n")
    it(app(FAILS + "fails(env.get('E'))", variable("E", "os", "default: ''")), environment={"E": ""}).exits(0).prints(
        "nil\tNotFound\tenvironment variable not found: E\n")


@case("H-080: undeclared names, empty keys; by ID and by name in the own namespace")
def names():
    it(app(FAILS + "fails(env.get('PATH')) fails(env.get('')) print(env.get('hidden'), env.get('app:hidden'))",
           "  - {name: hidden, kind: env.variable, storage: mem, default: h}\n")).exits(0).prints(
        "nil\tNotFound\tenvironment variable not found: PATH\nnil\tInvalid\tenv.get: a variable name is required\nh\th\n")


@case("H-081 H-082: set; read-only storages and variables")
def setting():
    it(app(FAILS + "print(env.set('M', 'x'), env.get('M')) for _, n in ipairs{'O', 'R1', 'R2', 'F'} do fails(env.set(n, 'y')) end",
           variable("M", "mem") + variable("O", "os") + variable("R1", "mem", "readonly: true") +
           variable("R2", "mem", "read_only: true") + variable("F", "fixed"))).exits(0).prints(
        "true\tx\n" + "".join(f"nil\tPermissionDenied\tthe {w} is read only: {n}\n" for n, w in
                              (("O", "storage"), ("R1", "variable"), ("R2", "variable"), ("F", "storage"))))


@case("H-083: a router reads in order and writes to the first")
def router():
    it(app("print(env.get('ONLY'), env.set('ONLY', 'mine'), env.get('ONLY'))\nlocal all = env.get_all() print(all.ONLY, all.BOTH)",
           variable("ONLY", "router"))).exits(0).prints("fixed\ttrue\tmine\nmine\tfixed\n")


@case("H-084 H-085: a file survives the run, keeps its comments and gets its octal mode")
def file():
    directory = app("print(env.get('A'), env.get('B'), env.get('C')) print(env.set('A', 'x # \"y\"\\n'), env.set('N', '1'))",
                    "".join(variable(n, "file") for n in "ABCN"))
    it(directory).exits(0)
    path = directory / "conf" / "app.env"
    e2e.equal(stat.S_IMODE(path.stat().st_mode), 0o600, "mode")
    e2e.equal(path.read_text(), 'A="x # \\"y\\"\\n"\nN=1\n', "file")
    path.write_text("# head\nA=1 # one\n\nB = 'two # 2'\nC=\"th\\tree\"   # three\n")
    it(directory).exits(0).prints("1\ttwo # 2\tth\tree\ntrue\ttrue\n")
    e2e.equal(path.read_text(), "# head\nA=\"x # \\\"y\\\"\\n\" # one\n\nB = 'two # 2'\nC=\"th\\tree\"   # three\nN=1\n", "file")
    it(directory).exits(0).prints("x # \"y\"\n\ttwo # 2\tth\tree\ntrue\ttrue\n")
    e2e.equal(sorted(p.name for p in path.parent.iterdir()), ["app.env"], "nothing else is left")
    path.write_text("A=1\nno assignment secret\nB='open\n")
    it(directory).exits(1).says(r"app\.env:2: expected KEY=VALUE", r"app\.env:3: the quoted value of B is not closed")


@case("H-086: one public name twice, with both places")
def twice():
    it(app("", variable("A", "mem") + "  - {name: b, kind: env.variable, variable: A, storage: mem}\n")).exits(1).says(
        r"entry app:v_a: variable: the public name A belongs to app:b, at src/_index\.yaml:\d+")


@case("H-046 H-047 H-049: placeholders read env entries before the operating system")
def placeholders():
    directory = app("print('${env:WORKERS}')", variable("WORKERS", "fixed2") + variable("GONE", "mem") +
                    "  - {name: fixed2, kind: env.storage.static, values: {WORKERS: '3'}}\n"
                    "  - {name: more, kind: process.host, host: {workers: '${env:WORKERS}', max_processes: '${env:app:v_gone|9}'}}\n")
    it(directory, environment={"WORKERS": "many"}).exits(0).prints("${env:WORKERS}\n")
    it(app("", variable("GONE", "mem") + "  - {name: more, kind: process.host, host: {workers: '${env:GONE}'}}\n"),
       environment={"GONE": "3"}).exits(1).says(r"entry app:more: host\.workers: variable GONE is not set and has no fallback")


@case("environment: load problems")
def problems():
    it(app("", variable("A", "nothing"))).exits(1).says(r"entry app:v_a: storage: no entry app:nothing")
    it(app("", variable("A", "it"))).exits(1).says(r"storage: app:it .*is a process\.lua, expected env\.storage\.\*")
    it(app("", "  - {name: r, kind: env.storage.router, storages: []}\n")).exits(1).says("storages: at least one storage")
    it(app("", "  - {name: r, kind: env.storage.router, storages: [r]}\n")).exits(1).says("the router leads to itself")
    it(app("", "  - {name: f, kind: env.storage.file, file_path: none.env}\n")).exits(1).says("no such file: .*none.env")
    it(app("", "  - {name: f, kind: env.storage.file, file_path: a, auto_create: true, file_mode: 0999}\n")).exits(1).says(
        "file_mode: expected an octal file mode")
