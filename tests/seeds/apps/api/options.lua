local function main()
--@block 001-06
  assert(ok == true and err == nil and options.trap_links == false)
  return tostring(process.get_options().trap_links)
end
return { main = main }
