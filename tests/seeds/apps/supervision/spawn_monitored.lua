--@block 003-01
return {
  main = function(mode)
    if mode then assert(process.registry.register("mode " .. mode)) end
    return main()
  end,
}
