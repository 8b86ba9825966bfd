--@block 003-10
return { main = star_parent_main }
