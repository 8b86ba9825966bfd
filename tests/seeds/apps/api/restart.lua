local function main()
  assert(process.registry.register("mode fail once"))
--@block 000-03
  assert(worker ~= event.from, "a new worker took its place")
  local second = process.events():receive()
  assert(second.from == worker and not second.result.error)
  return second.result.value
end
return { main = main }
