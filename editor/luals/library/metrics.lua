---@meta metrics

---Counters of scripts, shown at /metrics beside the runtime's own. Labels are texts, numbers or booleans by name; never a PID.
---@class wippy.metrics
metrics = {}

---@param name string
---@param labels? table<string, string|number|boolean>
---@return boolean? done
---@return wippy.Error? err
function metrics.counter_inc(name, labels) end

---@param name string
---@param value number not less than 0
---@param labels? table<string, string|number|boolean>
---@return boolean? done
---@return wippy.Error? err
function metrics.counter_add(name, value, labels) end

---@param name string
---@param value number
---@param labels? table<string, string|number|boolean>
---@return boolean? done
---@return wippy.Error? err
function metrics.gauge_set(name, value, labels) end

---@param name string
---@param labels? table<string, string|number|boolean>
---@return boolean? done
---@return wippy.Error? err
function metrics.gauge_inc(name, labels) end

---@param name string
---@param labels? table<string, string|number|boolean>
---@return boolean? done
---@return wippy.Error? err
function metrics.gauge_dec(name, labels) end

---Observes a value, in seconds as a rule: buckets from 5 ms to 10 s.
---@param name string
---@param value number
---@param labels? table<string, string|number|boolean>
---@return boolean? done
---@return wippy.Error? err
function metrics.histogram(name, value, labels) end

return metrics
