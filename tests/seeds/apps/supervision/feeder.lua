local function main(target) process.send(target, "anything", "a message") end
return { main = main }
