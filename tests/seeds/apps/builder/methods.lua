local security = require("security")
local function all_five(spawner, values, actor, scope, name, topic, ...)
--@block 001-13
end
local function main()
  local spawner = process.with_context({ request_id = "first" })
  all_five(spawner, { request_id = "second" }, security.new_actor("user:1"), security.new_scope(), "a name", "a topic", "a text")
  -- Each method has returned a builder of its own; this one is as it was.
  assert(spawner:spawn_monitored("app.workers:reader", "app:processes", "request_id"))
  return process.events():receive().value
end
return { main = main }
