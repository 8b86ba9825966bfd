local function main(target)
  process.send(target, "specific_topic", "claimed")
  process.send(target, "other", "plain")
end
return { main = main }
