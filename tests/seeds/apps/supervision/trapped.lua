--@block 003-07
return { main = worker_main }
