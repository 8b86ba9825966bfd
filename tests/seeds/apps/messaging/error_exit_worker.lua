return { main = function() error("error_exit_worker failed") end }
