local function main(sink)
  for i = 1, 5 do
    local text = {}
    for k = 1, 200 do text[k] = tostring(i * k) end
    process.send(sink, "text", table.concat(text))
  end
  process.send(sink, "text", "")
end
return { main = main }
