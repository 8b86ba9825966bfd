local function main(...) process.send("probe", "arrived", table.concat({ ... }, ",")) end
return { main = main }
