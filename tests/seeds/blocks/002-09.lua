local ok, err = process.unmonitor(worker_pid)
