return { main = function() error("error_worker failed") end }
