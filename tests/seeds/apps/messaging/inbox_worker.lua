--@block 002-05
return {
  main = function()
    process.spawn("app.test.process:feeder", "app:processes", process.pid())
    return main()
  end,
}
