"""Memory limits of hosts and entries, from outside (process.md §6, spec README)."""

import re

import e2e
from e2e import case
from projects import TERMINAL, project

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
