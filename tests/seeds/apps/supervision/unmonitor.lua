--@block 003-03
return { main = main }
