local function main()
  print("handler runs")
  error("handler failed")
end
return { main = main }
