--@block 003-02
return { main = main }
