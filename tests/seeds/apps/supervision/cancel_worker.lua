local function cleanup() print("cleaned up") end
local function handle_message(msg) print("handled " .. tostring(msg:payload():data())) end
--@block 003-09
return {
  main = function()
    process.spawn("app.workers:feeder", "app:processes", process.pid())
    return worker_main()
  end,
}
