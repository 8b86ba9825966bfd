--@block 003-11
return {
  main = function()
    -- The driver watches every child before the star is built.
    local go = process.listen("go")
    process.send("probe", "child", process.pid())
    go:receive()
    if process.registry.lookup("mode trap") then process.set_options({ trap_links = true }) end
    return linker_child_main()
  end,
}
