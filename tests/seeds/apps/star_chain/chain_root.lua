--@block 003-12
return { main = chain_root_main }
