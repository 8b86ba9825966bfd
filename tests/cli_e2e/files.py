"""fs.directory entries and the fs module (host.md §2.8, docs/files.md)."""

import os
import stat

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL


def app(body, directory="{name: data, kind: fs.directory, directory: data, auto_init: true}", files=None):
    index = HEAD + PROCESS_HOST + TERMINAL + "  - " + directory + "\n"
    index += "  - {name: it, kind: process.lua, source: 'file://it.lua', modules: [fs, time]}\n"
    index += "  - {name: reader, kind: process.lua, source: 'file://reader.lua', modules: [fs]}\n"
    given = {"src/_index.yaml": index, "src/it.lua": f"""local fs, time = require('fs'), require('time')
local function fails(v, err) print(v, err:kind()) end
return {{ main = function(...)\nlocal d = assert(fs.get('app:data'))\n{body}\nend }}\n""",
             "src/reader.lua": """local fs = require('fs')
return { main = function()
  local d = assert(fs.get('app:data'))
  for i = 1, 20 do assert(d:read_file('big')) end
end }\n"""}
    return e2e.write_files(e2e.scratch(), {**given, **(files or {})})


def it(directory, **options):
    return e2e.run(directory, "run", "-x", "app:it", **options)


@case("H-063 H-065: a missing directory, with its absolute path from the project root")
def missing():
    directory = app("", "{name: data, kind: fs.directory, directory: ./data}")
    it(directory).exits(1).says(f"entry app:data: directory: no such directory: {directory.resolve()}/data; create it")
    (directory / "src" / "data").mkdir()
    it(directory).exits(1).says(r"relative paths begin at the project root; .*/src/data exists")
    (directory / "data").mkdir()
    it(directory).exits(0)


@case("H-064: auto_init makes the directory with its mode")
def auto_init():
    directory = app("", "{name: data, kind: fs.directory, directory: a/b, auto_init: true, mode: '0700'}")
    it(directory).exits(0)
    e2e.equal(stat.S_IMODE((directory / "a" / "b").stat().st_mode), 0o700, "mode")


@case("H-066: neither .. nor a symbolic link leads out")
def confined():
    directory = app("""for _, p in ipairs{'../secret', '/../secret', 'in/../../secret', 'link', 'far', 'dir/secret', 'in/../../data/x'} do fails(d:read_file(p)) end
for _, p in ipairs{'../new', 'link', 'dir/new'} do fails(d:write_file(p, 'x')) fails(d:mkdir(p .. '2/..')) end
fails(d:write_file('dir/new', 'x', {atomic = true})) fails(d:remove('dir/secret')) fails(d:rename('x', '../x')) fails(d:remove_all('..'))
print(d:read_file('inner'), d:read_file('/x'), d:remove('link'))""", files={"secret": "s", "data/x": "x", "data/in/y": ""})
    os.symlink("../secret", directory / "data" / "link")
    os.symlink("/etc/passwd", directory / "data" / "far")
    os.symlink("..", directory / "data" / "dir")
    os.symlink("x", directory / "data" / "inner")
    run = it(directory).exits(0)
    lines = run.out.splitlines()
    e2e.equal(lines[:7], ["nil\tPermissionDenied"] * 7, "reads")
    e2e.equal([line for line in lines[7:17] if not line.startswith("nil\t")], [], "changes")
    e2e.equal(lines[17], "x\tx\ttrue", "inside")
    e2e.equal((directory / "secret").read_text(), "s", "the file outside")
    e2e.equal((directory / "new").exists(), False, "nothing was made outside")


@case("files: read, write, append, atomic, list, stat, rename, remove, open files")
def everything():
    directory = app("""print(d:write_file('a', '1\\n2\\r\\n3'), d:append('a', '\\n'), d:write_file('b', 'x', {atomic = true}))
local f = assert(d:open('a')) for line in f:lines() do io_line = line print('<' .. line .. '>') end
print(f:seek('set', 2), f:read(1), f:read(2), f:seek(), #f:read(), f:read(1), f:close()) fails(f:read())
print(pcall(function() for _ in f:lines() do end end))
print(d:stat('a').size, d:stat('.').is_dir, d:exists('a'), d:exists('zz'), d:mkdir('p/q', {parents = true}), d:rename('b', 'p/q/b'))
for _, item in ipairs(d:list()) do print(item.name, item.is_dir) end
fails(d:remove('p')) print(d:remove_all('p'), d:remove('a'), #d:list())
fails(d:open('n')) fails(d:open('n', 'rw')) local w = assert(d:open('n', 'wx')) print(w:write('abc'), w:stat().size, w:sync()) fails(d:open('n', 'wx')) fails(w:read())
fails(fs.get('app:none')) fails(d:read_file('.')) fails(d:read_file('pipe'))""")
    (directory / "data").mkdir()
    os.mkfifo(directory / "data" / "pipe")
    it(directory).exits(0).prints(
        "true\ttrue\ttrue\n<1>\n<2>\n<3>\n2\t2\t\r\n\t5\t2\tnil\ttrue\nnil\tInvalid\n"
        "false\tfs: the file is closed or not open for this\n7\ttrue\ttrue\tfalse\ttrue\ttrue\n"
        "a\tfalse\np\ttrue\npipe\tfalse\nnil\tInvalid\ntrue\ttrue\t1\nnil\tNotFound\nnil\tInvalid\ntrue\t3\ttrue\n"
        "nil\tAlreadyExists\nnil\tInvalid\nnil\tNotFound\nnil\tInvalid\nnil\tInvalid\n")
    e2e.equal((directory / "data" / "n").read_text(), "abc", "n")


@case("H-135: 64 processes that read files do not stop messages")
def blocking():
    directory = app("""local pids = {}
for i = 1, 64 do pids[i] = assert(process.spawn_monitored('app:reader', 'app:processes')) end
local worst = 0
for i = 1, 200 do
  local at = time.now()
  process.send(process.pid(), 'x', i)
  process.inbox():receive()
  worst = math.max(worst, time.now():sub(at):milliseconds())
end
for _ = 1, 64 do process.events():receive() end
print('worst below 500 ms', worst < 500)""")
    (directory / "data").mkdir()
    (directory / "data" / "big").write_bytes(b"x" * (1 << 20))
    it(directory).exits(0).prints("worst below 500 ms\ttrue\n")
