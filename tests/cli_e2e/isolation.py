"""Processes beside each other: whole lines of output (process.md C-308), memory limits of hosts and entries (§6, README)."""

import re

import e2e
from e2e import case
from projects import TERMINAL, project

LINES = 1000

PRINTER = f"""
  local mark = ...
  for i = 1, {LINES} do print(mark, i, mark:rep(40), "end") end
  return true
"""


def whole(text, mark):
    """The numbers of the whole lines of one printer, in their order."""
    return [int(n) for n in re.findall(rf"(?m){mark}\t(\d+)\t{mark * 40}\tend(?=$|  )", text)]


@case("C-308 two processes print 1,000 lines each through the log, a third on the terminal: no line is torn")
def no_interleaving():
    app = project({
        "it": """
  local events = process.events()
  process.spawn_monitored("app:printer", "app:processes", "A")
  process.spawn_monitored("app:printer", "app:processes", "B")
  for i = 1, 1000 do print("C", i, ("C"):rep(40), "end") end
  for i = 1, 2 do assert(events:receive().value) end
""",
        "printer": PRINTER,
    })
    program = e2e.run(app, "run", "-c", "-x", "app:it").exits(0)
    expected = list(range(1, LINES + 1))
    e2e.equal([line for line in program.out.splitlines() if not re.fullmatch(r"C\t\d+\tC{40}\tend", line)], [], "torn lines")
    e2e.equal(whole(program.out, "C"), expected, "lines on the terminal")
    printed = [line for line in program.err.splitlines() if re.search("AAA|BBB", line)]
    e2e.equal(len(printed), 2 * LINES, "lines of the log that come from print")
    for mark, other in ("AB", "BA"):
        e2e.equal(whole(program.err, mark), expected, f"lines of {mark}")
        e2e.equal([line for line in printed if mark * 2 in line and other * 2 in line], [], "mixed lines")


HOG = """
  local parent = ...
  local t = {}
  for i = 1, 1e9 do
    t[i] = ("x"):rep(1000) .. i
    if i % 100 == 0 then process.send(parent, "at", i) end
  end
"""

ASKS = """
  local at, events = process.listen("at"), process.events()
  for _, entry in ipairs{ "app:default", "app:modest", "app:greedy" } do
    local n, ended = 0, nil
    assert(process.spawn_monitored(entry, "app:processes", process.pid()))
    while not ended do
      local r = channel.select{ at:case_receive(), events:case_receive() }
      if r.channel == at then n = r.value else ended = r.value end
    end
    print(entry, n, tostring(ended.error))
  end
"""


@case("README: of the memory limits of entry and host the smaller one holds, and the process dies alone")
def memory_limits():
    hosts = ("  - name: processes\n    kind: process.host\n    host: {workers: 2}\n    capabilities: {memory_limit: 4MiB}\n"
             "    lifecycle: {auto_start: true}\n" + TERMINAL)
    app = project({"it": ASKS, "default": HOG, "modest": ("limits: {max_memory_bytes: 1MiB}", HOG),
                   "greedy": ("limits: {max_memory_bytes: 64MiB}", HOG)}, hosts=hosts)
    program = e2e.run(app, "run", "-x", "app:it").exits(0)
    reached = {entry: int(n) for entry, n, why in re.findall(r"(?m)^(\S+)\t(\d+)\t(memory limit exceeded)$", program.out)}
    e2e.equal(sorted(reached), ["app:default", "app:greedy", "app:modest"], "ended at a memory limit")
    program.check(400 <= reached["app:modest"] < 1000, "the entry's limit of 1 MiB")
    program.check(2500 <= reached["app:default"] < 4100, "the host's limit of 4 MiB")
    program.check(2500 <= reached["app:greedy"] < 4100, "the host's limit of 4 MiB under a larger one of the entry")
