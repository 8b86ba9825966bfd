--@block 003-05
return { main = parent_main }
