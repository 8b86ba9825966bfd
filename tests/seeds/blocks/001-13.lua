spawner:with_context(values) -- 添加上下文值
spawner:with_actor(actor) -- 设置安全 actor
spawner:with_scope(scope) -- 设置安全作用域
spawner:with_name(name) -- 设置进程名称
spawner:with_message(topic, ...) -- 排队启动后发送的消息
