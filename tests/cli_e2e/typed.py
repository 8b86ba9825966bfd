"""Typed sources (docs/typed-lua.md): H-050's messages, markers, metadata, and a program that runs."""

import e2e
from e2e import case
from projects import HEAD, TERMINAL, project

PROGRAM = """type Point = { x: number, y: number @min(0) }
local function show(p: Point): string return p.x .. ":" .. p.y end
return { main = function(...: any)
  print(show({ x = 1, y = 2 } :: Point))
  print(Point:is({ x = 1, y = -1 }))
  print(integer(4.0), (string("s")))
  error("here")
end }
"""


def source(text, meta=""):
    index = HEAD + TERMINAL + f"  - {{name: it, kind: process.lua, source: 'file://it.lua'{meta}}}\n"
    return e2e.write_files(e2e.scratch(), {"src/_index.yaml": index, "src/it.lua": text})


@case("T-001 T-027 R-1 a typed program runs, and its errors name the source's lines")
def runs():
    e2e.run(source(PROGRAM), "run", "-x", "app:it").exits(1).prints(
        "1:2\nnil\tPoint.y: minimum is 0, got -1\n4\ts\n").says(r"app:it:7: here")


@case("H-050 T-085 typed syntax: entry, file, line, column")
def typed_error():
    e2e.run(source("local a = 1\nlocal x: = 2\n"), "run").exits(1).prints("").says(
        r"entry app:it: source: src/it\.lua:2:10: typed Lua syntax: type expected near '='")


@case("H-050 T-090 plain syntax in a typed file says since when it is one")
def plain_error():
    e2e.run(source("local a: T = 1\nif a != 2 then end\n"), "run").exits(1).says(
        r"src/it\.lua:2:6: plain Lua syntax: '!=' is not an operator \(use '~='\) \(typed Lua since line 1\)")


@case("H-050 what Lua refuses after the erasure")
def after_erasure():
    e2e.run(source("local a <const>: T = 1\na = 2\n"), "run").exits(1).says(
        r"src/it\.lua:2: after type erasure: attempt to assign to const variable 'a'")


@case("H-050 a source inside YAML: the line of the file, no column")
def inline():
    app = project({}, more="  - name: it\n    kind: process.lua\n    source: |\n      local a = 1\n      local x: = 2\n")
    e2e.run(app, "run").exits(1).says(r"src/_index\.yaml:11: typed Lua syntax: type expected near '='")


@case("typed: the marker --!plain and meta.syntax forbid or ask for the types")
def markers():
    e2e.run(source("--!plain\nlocal x: T = 2\n"), "run").exits(1).says(r"src/it\.lua:2: unexpected symbol near ':'")
    e2e.run(source("local x: T = 2\n", ", meta: {syntax: plain}"), "run").exits(1).says(r"it\.lua:1: unexpected symbol")
    e2e.run(source("x = 1", ", meta: {syntax: tpyed}"), "run").exits(1).says(
        r"meta\.syntax: expected typed or plain, got \"tpyed\"")
    ambiguous = 'return { main = function() local b = 2 local a = b as (string) print(a) end }'
    e2e.run(source(ambiguous, ", meta: {syntax: typed}"), "run", "-x", "app:it").exits(0).prints("2\n")
