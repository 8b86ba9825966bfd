--@block 003-08
return { main = main }
