-- Load for one variant. LOAD_KEYS names a file of keys, one per line: each request takes the next one, none is used
-- twice. Without it every request is the same.
local threads = {}
used = 0

local file = os.getenv('LOAD_KEYS')
if file then
  local keys = {}
  for line in io.lines(file) do keys[#keys + 1] = line end
  function request()
    used = used + 1
    local key = keys[used]
    if not key then wrk.thread:stop(); key = 'ran-out' end
    wrk.headers['Authorization'] = 'Bearer ' .. key
    return wrk.format()
  end
end

function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local e = summary.errors
  local asked = 0
  for _, thread in ipairs(threads) do asked = asked + thread:get('used') end
  io.write(string.format(
    '\n{"micros":%d,"requests":%d,"asked":%d,"p50":%d,"p90":%d,"p99":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.duration, summary.requests, asked,
    latency:percentile(50), latency:percentile(90), latency:percentile(99),
    e.connect, e.read, e.write, e.status, e.timeout))
end
