--@block 003-06
return {
  main = function()
    worker_main()
    print("reached the end")
  end,
}
