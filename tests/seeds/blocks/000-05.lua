process.upgrade("app.workers:v2", current_state)
