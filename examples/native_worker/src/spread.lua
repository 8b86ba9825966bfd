-- Execs the native entry app:primes and gives its result on.
local function main(limit)
    return process.exec("app:primes", "app:processes", limit)
end

return { main = main }
