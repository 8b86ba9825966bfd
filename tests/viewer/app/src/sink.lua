local function main(sources)
  local texts = process.listen("text")
  while sources > 0 do
    if texts:receive() == "" then sources = sources - 1 end
  end
end
return { main = main }
