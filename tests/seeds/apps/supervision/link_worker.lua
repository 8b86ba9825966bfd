--@block 003-04
return { main = worker_main }
