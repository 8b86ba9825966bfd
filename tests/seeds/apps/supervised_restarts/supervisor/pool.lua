local function print(text) process.send("probe", "said", text) end
--@block 003-16
