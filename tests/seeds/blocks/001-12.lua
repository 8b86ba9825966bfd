local spawner = process.with_context({request_id = "123"})
