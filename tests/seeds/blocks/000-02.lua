process.send(target_pid, "topic", payload)
