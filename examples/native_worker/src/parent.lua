-- Drives native processes as it would Lua ones: exec, spawn, send, receive, monitor, link, cancel.
local time = require("time")

local function check(value, err)
    if err then error(err) end
    return value
end

local function main()
    process.set_options({ trap_links = true })
    local events = process.events()
    local totals, answers = process.listen("total"), process.listen("primes")

    -- exec: the value that a native process ends with
    print("primes below 10000: " .. check(process.exec("app:primes", "app:processes", 10000)))

    -- wrong arguments: no process, and an error as of any spawn
    local _, err = process.exec("app:primes", "app:processes", "many")
    print(err:kind() .. ": " .. tostring(err))

    -- a monitored service with a name
    local tally = check(process.spawn_monitored("app:tally", "app:processes", "words"))
    while not process.registry.lookup("words") do time.sleep("1ms") end
    for _, word in ipairs({ "actor", "link", "actor" }) do
        check(process.send("words", "add", word, 1))
    end
    check(process.send("words", "total", "actor"))
    local total = totals:receive()
    print(total[1] .. ": " .. total[2])

    -- native code execs a Lua entry, which execs a native one
    check(process.send(tally, "primes", 100))
    print("primes below 100: " .. answers:receive()[2])

    -- a linked process that fails: its name is taken
    check(process.spawn_linked("app:tally", "app:processes", "words"))
    local down = events:receive()
    print(down.kind .. ": " .. tostring(down.error))

    -- CANCEL: the tally ends with all it has counted
    check(process.cancel(tally, "5s"))
    local exit = events:receive()
    print(exit.kind .. ": actor " .. exit.value.actor .. ", link " .. exit.value.link)
end

return { main = main }
