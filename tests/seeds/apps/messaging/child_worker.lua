-- Waits to be killed by its link; with the name "mode trap" taken it lives on and says what it saw.
local function main()
  if process.registry.lookup("mode trap") then
    process.set_options({ trap_links = true })
    process.registry.register("trapping")
  end
  local event = process.events():receive()
  return event.kind
end
return { main = main }
