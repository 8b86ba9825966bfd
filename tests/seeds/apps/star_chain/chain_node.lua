--@block 003-13
return {
  main = function(depth)
    process.send("probe", "node", { depth = depth, pid = process.pid() })
    return chain_node_main(depth)
  end,
}
