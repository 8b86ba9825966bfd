--@ test a listener's time does not grow with other mail
-- A walk over the backlog would be thousands of times slower; load of the machine is not.
return { main = function()
  local me, events = process.pid(), process.events()
  local a, b = process.listen("a"), process.listen("b")
  local function fastest_ns()
    local best = math.huge
    for _ = 1, 10 do
      local before = time.now()
      for i = 1, 30 do
        process.send(me, "a", i)
        t.eq(a:receive(), i)
        process.send(me, "b", i)
        t.eq(channel.select{ events:case_receive(), a:case_receive(), b:case_receive() }.value, i)
        process.send(me, "late", i)
        process.send(me, "late", -i)
        for _, want in ipairs{ i, -i } do
          local late = process.listen("late")
          t.eq(late:receive(), want)
          t.eq(process.unlisten(late), true)
        end
      end
      best = math.min(best, time.now():sub(before):nanoseconds())
    end
    return best
  end
  local alone = fastest_ns()
  for i = 1, 100000 do process.send(me, "other " .. i % 50, i) end
  process.send(me, "a", 0)
  t.eq(t.take(a, "60s"), 0)
  local behind = fastest_ns()
  t.ok(behind < 10 * alone, "alone " .. alone .. " ns, behind 100,000 messages " .. behind .. " ns: flat")
  return true
end }
