local function main()
  process.inbox():receive()
  error("link_target failed")
end
return { main = main }
