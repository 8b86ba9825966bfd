"""The events module (host.md §10.6)."""

import e2e
from e2e import case
from projects import HEAD, PROCESS_HOST, TERMINAL


def it(body):
    index = HEAD + PROCESS_HOST + TERMINAL
    for name in ("it", "slow"):
        index += f"  - {{name: {name}, kind: process.lua, source: 'file://{name}.lua', modules: [events, time]}}\n"
    text = f"local events, time = require('events'), require('time')\nreturn {{ main = function(...)\n{body}\nend }}\n"
    slow = """local events = require('events')
return { main = function(to)
  local s = assert(events.subscribe('busy'))
  process.send(to, 'ready')
  process.inbox():receive()
  local first = s:channel():receive()
  process.send(to, 'first', first.data, s:dropped())
end }\n"""
    return e2e.run(e2e.write_files(e2e.scratch(), {"src/_index.yaml": index, "src/it.lua": text, "src/slow.lua": slow}), "run", "-x", "app:it")


@case("events: patterns, data, close, end")
def basics():
    it("""local all, mine, words = events.subscribe('*'), events.subscribe('my.*', 'k'), events.subscribe('**', '(k|other).x')
print(events.send('my.app', 'k', 'p', {1, x = 2}), events.send('my.app.sub', 'other.x', ''), events.send('you', 'k', 'q'))
for _, s in ipairs{all, all, all, mine, words} do local e = s:channel():receive() print(e.system, e.kind, e.path, e.data and e.data.x) end
local late = channel.new(1)
coroutine.spawn(function() late:send(tostring(select(2, mine:channel():receive()))) end)
time.sleep('5ms') print(mine:close(), late:receive(), mine:close())
for _, bad in ipairs{{}, {'a'}, {'a', 'b'}, {'a', 'b', 'c', print}} do print(select(2, events.send(table.unpack(bad))):kind()) end
print(select(2, events.subscribe('')):kind())""").exits(0).prints(
        "true\ttrue\ttrue\nmy.app\tk\tp\t2\nmy.app.sub\tother.x\t\tnil\nyou\tk\tq\tnil\nmy.app\tk\tp\t2\nmy.app.sub\tother.x\t\tnil\n"
        "true\tfalse\ttrue\n" + "Invalid\n" * 5)


@case("H-307: a slow subscriber holds nobody up and loses the oldest, counted")
def slow():
    it("""local pid = process.spawn('app:slow', 'app:processes', process.pid())
process.inbox():receive()
local answers = process.listen('first')
for i = 1, 5000 do assert(events.send('busy', 'k', 'p', i)) end
process.send(pid, 'go')
local answer = answers:receive()
print(answer[1], answer[2])""").exits(0).prints("3977\t3976\n")
