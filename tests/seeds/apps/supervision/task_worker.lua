local function main()
  if process.registry.lookup("mode fail") then return nil, "task failed" end
  return "task done"
end
return { main = main }
