local function main()
--@block 001-01
  return frame_id .. " " .. pid
end
return { main = main }
