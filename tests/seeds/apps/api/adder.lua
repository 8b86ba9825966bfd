local function main(a, b)
  if b == nil then return nil, "two numbers, please" end
  return a + b
end
return { main = main }
