local pid = process.spawn("app.workers:handler", "app:processes", arg1, arg2)
