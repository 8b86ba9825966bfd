-- Typed sources at run time: type declarations that are read as values, and what the dialect has besides Lua 5.4.
-- The syntax is tested in tests/unit/lua_typed/.

--@ entry app.test:shapes
type Id = string @pattern("^[a-z]+[0-9]*$")
type Point = { x: number, y: number, label?: string }
type Shape = { kind: "circle", centre: Point, radius: number @min(0) }
  | { kind: "path", points: { Point } @min_len(2) @max_len(3) }
type Box<T> = { value: T, next: Box<T>? }
type Named = { id: Id } & { tags: { [string]: integer } }
return { Id = Id, Point = Point, Shape = Shape, Box = Box, Named = Named }

--@ test T-E6 records, optional fields, paths of failing fields
type Point = { x: number, y: number, label?: string }
type Line = { from: Point, to: Point, ["line-width"]: integer? }
return { main = function(): boolean
  local p = { x = 1, y = 2.5 }
  local v, err = Point:is(p)
  t.eq(v, p)
  t.eq(err, nil)
  t.eq(Point(p), p)
  t.eq(Point:is({ x = 1, y = 2, label = "a", more = true }) ~= nil, true, "fields that nobody named")
  err = t.fails(errors.INVALID, Point:is({ x = 1, y = 2, label = 3 }))
  t.eq(tostring(err), "Point.label: expected string, got number")
  t.eq(tostring(select(2, Point:is({ x = 1 }))), "Point.y: expected number, got nil")
  t.eq(tostring(select(2, Point:is(nil))), "Point: expected table {x: number, y: number, label?: string}, got nil")
  t.eq(tostring(select(2, Line:is({ from = p, to = { x = "1", y = 1 } }))), "Line.to.x: expected number, got string")
  t.eq(tostring(select(2, Line:is({ from = p, to = p, ["line-width"] = 1.5 }))), "Line.line-width: expected integer, got number")
  t.ok(Line:is({ from = p, to = p, ["line-width"] = 2.0 }))
  local ok, message = pcall(Point, { x = 1, y = {} })
  t.eq(ok, false)
  t.eq(type(message), "string")
  t.has(message, "Point.y: expected number, got table")
  ok, message = pcall(function() local v = Point(7) end)
  t.has(message, "test:T-E6@13:34: Point: expected table", "the place of the call")
  t.eq(type(Point), "userdata")
  t.eq(tostring(Point), "Point")
  t.eq(Point, Point)
  return true
end }

--@ test T-E6 validators
type Age = integer @min(0) @max(150)
type Name = string @min_len(2) @max_len(5)
type List = { number @min(-1.5) @max(0x10) } @max_len(3)
type Mail = string @pattern("^[^@]+@[^@]+\\.[a-z]{2,3}$")
return { main = function()
  t.eq(Age:is(0), 0)
  t.eq(Age:is(150), 150)
  t.eq(tostring(select(2, Age:is(-1))), "Age: minimum is 0, got -1")
  t.eq(tostring(select(2, Age:is(151))), "Age: maximum is 150, got 151")
  t.eq(tostring(select(2, Age:is(1.5))), "Age: expected integer, got number")
  t.ok(Name:is("ab"))
  t.eq(tostring(select(2, Name:is("a"))), "Name: expected a length of at least 2, got 1")
  t.eq(tostring(select(2, Name:is("abcdef"))), "Name: expected a length of at most 5, got 6")
  t.ok(List:is({}))
  t.ok(List:is({ -1.5, 16, 0 }))
  t.eq(tostring(select(2, List:is({ 1, 2, 17 }))), "List[3]: maximum is 0x10, got 17")
  t.has(select(2, List:is({ 1, 2, 3, 4 })), "expected a length of at most 3, got 4")
  t.ok(Mail:is("a.b@example.org"))
  t.has(select(2, Mail:is("a.b@example")), "does not match the pattern ^[^@]+@")
  -- A pattern that backtracking would never finish.
  t.ok(not Mail:is(("a@"):rep(20000)))
  return true
end }

--@ test T-E6 literals, unions, intersections, maps, tuples, functions
type Mode = "on" | 'off' | 3 | -1.5 | false | nil
type Counts = { [string]: integer }
type Pair = { string, number }
type Call = { f: (number) -> string, g: function }
type Both = { a: string } & { b: string }
type Raw = { table, thread, any, unknown? }
return { main = function()
  for _, v in ipairs{ "on", "off", 3, 3.0, -1.5, false } do t.eq(Mode:is(v), v) end
  t.eq(select("#", Mode:is(nil)), 2)
  t.eq(select(2, Mode:is(nil)), nil)
  t.eq(tostring(select(2, Mode:is(true))), [[Mode: expected "on" | 'off' | 3 | -1.5 | false | nil, got boolean]])
  t.ok(Counts:is({ a = 1, b = 2 }))
  t.eq(tostring(select(2, Counts:is({ a = 1, b = "2" }))), [[Counts["b"]: expected integer, got string]])
  t.eq(tostring(select(2, Counts:is({ 5 }))), [[Counts[1] (the key): expected string, got number]])
  t.ok(Pair:is({ "a", 1 }))
  t.eq(tostring(select(2, Pair:is({ "a" }))), "Pair[2]: expected number, got nil")
  t.ok(Call:is({ f = print, g = setmetatable({}, { __call = print }) }))
  t.eq(tostring(select(2, Call:is({ f = print, g = {} }))), "Call.g: expected function, got table")
  t.ok(Both:is({ a = "", b = "" }))
  t.eq(tostring(select(2, Both:is({ a = "" }))), "Both.b: expected string, got nil")
  t.ok(Raw:is({ {}, coroutine.create(print), 1 }))
  t.fails(errors.INVALID, Raw:is({ 1 }))
  return true
end }

--@ entry app.test:unused
return {}

--@ test T-E6 discriminated unions name the field of the member that was meant
type Shape = { kind: "circle", radius: number } | { kind: "square", side: number @min(1) } | string
return { main = function()
  t.ok(Shape:is({ kind = "circle", radius = 1 }))
  t.ok(Shape:is("none"))
  t.eq(tostring(select(2, Shape:is({ kind = "circle", radius = "1" }))), "Shape.radius: expected number, got string")
  t.eq(tostring(select(2, Shape:is({ kind = "square", side = 0 }))), "Shape.side: minimum is 1, got 0")
  t.has(select(2, Shape:is({ kind = "line" })), "Shape: expected {kind: \"circle\", radius: number} | {kind: \"square\"")
  return true
end }

--@ test T-E6 generics, recursion, cycles, forward references
type Tree = { value: Leaf, children: { Tree }? }
type Leaf = integer | string
type Box<T> = { value: T }
type Two = { a: Box<string>, b: Box<Box<integer>> }
type Maybe<T = number> = { value: T }
type Bound<T: string> = { value: T }
return { main = function()
  t.ok(Tree:is({ value = 1, children = { { value = "a" }, { value = 2, children = {} } } }))
  t.eq(tostring(select(2, Tree:is({ value = 1, children = { { value = "a" }, { value = {} } } }))),
    "Tree.children[2].value: expected Leaf, got table")
  local loop = { value = 1 }
  loop.children = { loop, loop }
  t.ok(Tree:is(loop))
  loop.children[2] = { value = true }
  t.fails(errors.INVALID, Tree:is(loop))
  t.ok(Two:is({ a = { value = "" }, b = { value = { value = 1 } } }))
  t.eq(tostring(select(2, Two:is({ a = { value = "" }, b = { value = { value = "" } } }))),
    "Two.b.value.value: expected integer, got string")
  t.ok(Box:is({ value = print }), "a parameter that nobody gave")
  t.ok(Maybe:is({ value = 1 }))
  t.fails(errors.INVALID, Maybe:is({ value = "" }))
  t.fails(errors.INVALID, Bound:is({ value = 1 }))
  local deep = { value = 1 }
  for _ = 1, 1000 do deep = { value = 1, children = { deep } } end
  local ok, err = pcall(Tree.is, Tree, deep)
  t.eq(ok, false)
  t.has(err, "nested too deeply")
  return true
end }

--@ test T-E6 typeof uses the annotation of a local
local sample: { x: integer } = { x = 1 }
local other = { x = "" }
type S = typeof(sample)
type O = typeof(other)
return { main = function()
  t.ok(S:is(sample))
  t.eq(tostring(select(2, S:is(other))), "S.x: expected integer, got string")
  t.ok(O:is(5), "nobody wrote the type of it")
  return true
end }

--@ entry app.test:uses [] import=shapes=app.test:shapes
local shapes = require("shapes")
type Mine = { shape: shapes.Shape, box: shapes.Box<integer>, odd: shapes.Nothing }
type Local = { p: shapes.Point }
return { main = function(what)
  local p = { x = 1, y = 2 }
  local good = { shape = { kind = "path", points = { p, p } }, box = { value = 1, next = { value = 2 } } }
  if not Mine:is(good) then return "good: " .. tostring(select(2, Mine:is(good))) end
  if not shapes.Point:is(p) or not Local:is({ p = p }) then return "point" end
  local list = {}
  local function see(type_, v) list[#list + 1] = tostring(select(2, type_:is(v))) end
  see(Mine, { shape = { kind = "circle", centre = p, radius = -1 }, box = good.box })
  see(Mine, { shape = { kind = "path", points = { p, { x = 1 } } }, box = good.box })
  see(Mine, { shape = good.shape, box = { value = 1, next = { value = "" } } })
  see(shapes.Id, "A")
  see(shapes.Named, { id = "a1", tags = { n = "" } })
  return table.concat(list, "\n")
end }

--@ test T-E6 types of a required library are its own
return { main = function()
  t.eq(tostring(t.run("app.test:uses").result), [[
Mine.shape.radius: minimum is 0, got -1
Mine.shape.points[2].y: expected number, got nil
Mine.box.next.value: expected integer, got string
Id: does not match the pattern ^[a-z]+[0-9]*$
Named.tags["n"]: expected integer, got string]])
  return true
end }

--@ test T-E6 metamethods of the value are asked, and their errors pass
type Has = { a: number }
return { main = function()
  t.ok(Has:is(setmetatable({}, { __index = { a = 1 } })))
  t.ok(Has:is(setmetatable({}, { __index = function(_, k) return #k end })))
  local ok, err = pcall(Has.is, Has, setmetatable({}, { __index = function() error("mine") end }))
  t.eq(ok, false)
  t.has(err, "mine")
  return true
end }

--@ test T-E6 type values cannot be sent, changed or looked into
type P = { x: number }
return { main = function()
  t.fails(errors.INVALID, process.send(process.pid(), "topic", P))
  t.fails(errors.INVALID, process.send(process.pid(), "topic", { P }))
  t.eq(getmetatable(P), false)
  t.eq(pcall(function() P.x = 1 end), false)
  t.eq(pcall(P.is, {}, 1), false)
  t.eq(P.nothing, nil)
  t.eq(_T0, P, "the erased text says so")
  t.eq(_T1, nil)
  return true
end }

--@ test T-E6 overlapping unions end
type A = { v: integer, n: A | B } | { v: number, n: B | A } | nil
type B = { v: number, n: A } | { v: integer, n: B } | nil
type Loop = Loop | Loop
return { main = function()
  local list = { v = "end" }
  for _ = 1, 40 do list = { v = 1, n = list } end
  for _, T in ipairs{ A, B } do
    local ok, err = pcall(T.is, T, list)
    t.eq(ok, false)
    t.has(err, "takes too long")
  end
  t.has(select(2, pcall(Loop.is, Loop, 1)), "nested too deeply")
  return true
end }

--@ test T-3 callable types
return { main = function()
  t.eq(string("a"), "a")
  local ok, err = pcall(string, 5)
  t.eq(ok, false)
  t.has(err, "expected string, got number")
  t.has(select(2, pcall(function() local s = string(nil) end)), "T-3@221:227: string: expected string, got nil")
  t.eq(string.format("%d", 5), "5")
  t.eq(math.type(integer(5.0)), "integer")
  t.eq(integer(5), 5)
  t.has(select(2, pcall(integer, 1.5)), "integer: expected integer, got number")
  t.has(select(2, pcall(integer, "5")), "integer: expected integer, got string")
  t.eq(number(1.5), 1.5)
  t.has(select(2, pcall(number, "1")), "number: expected number, got string")
  t.eq(boolean(false), false)
  t.has(select(2, pcall(boolean, nil)), "boolean: expected boolean, got nil")
  t.eq(integer:is(5), 5)
  t.fails(errors.INVALID, number:is("x"))
  t.eq(integer, integer)
  return true
end }

--@ entry app.test:calls
return { call = function(v) return string(v) end }

--@ entry app.test:late [] import=lib=app.test:calls
local before = string.format("%d", 1)
return { main = function() return require("lib").call("x" .. before) end }

--@ test T-3 a library that calls string comes after its first use
return { main = function()
  t.eq(tostring(t.run("app.test:late").result), "x1")
  return true
end }

--@ test T-3 names of older Luas, and what the language level promises
return { main = function()
  t.eq(unpack, table.unpack)
  t.eq(math.pow(2, 3), 8.0)
  t.eq(math.log10(1000), 3.0)
  t.eq(math.atan2(0, 1), 0.0)
  t.eq(math.sinh(0) + math.cosh(0) + math.tanh(0), 1.0)
  t.eq(#table.create(4, 4), 0)
  t.eq(os.platform, "wippy")
  t.eq(math.type(os.time()), "integer")
  t.eq(io, nil)
  t.eq(load, nil)
  t.eq(pcall(function() string.x = 1 end), false)
  t.eq(type(errors.new("x")), "userdata")
  local ok, err = pcall(error, "s")
  t.eq(type(err), "string")
  return true
end }

--@ test T-5 a typed program, whole
--!typed
type Job = { id: integer, run: (integer) -> integer }
local function make<T>(id: integer, f: (T) -> T): Job return { id = id, run = f } end
return { main = function(...: any): boolean
  local jobs: { Job } = {}
  for i: integer = 1, 3 do jobs[#jobs + 1] = make(i, function(x: integer): integer return (x * i) as integer end) end
  local sum = 0
  for _, job: Job in ipairs(jobs) do sum = sum + Job(job).run!(10) :: integer end
  t.eq(sum, 60)
  local line = select(2, pcall(error, "here")) as string
  local first, here = tostring(select(2, pcall(function() error("x") end))):match("@(%d+):(%d+): x$")
  t.eq(here - first, 11, "lines from the marker to this one, as in the source")
  return true
end }
