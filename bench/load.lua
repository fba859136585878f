-- Load for one variant. LOAD_KEYS names a file of keys, one per line: each request takes the next one, and with
-- LOAD_AGAIN the first one after the last; without it none is used twice. With no keys every request is the same.
-- LOAD_PER_SECOND paces: a request is sent at each tick of the clock by whichever connection is free. Ticks at which
-- none was free are left out, since wrk adds what they would have waited (its correction for coordinated omission).
local threads = {}
used = 0

local file = os.getenv('LOAD_KEYS')
if file then
  local again = os.getenv('LOAD_AGAIN')
  local keys = {}
  for line in io.lines(file) do keys[#keys + 1] = line end
  function request()
    local key = keys[again and used % #keys + 1 or used + 1]
    used = used + 1
    if not key then wrk.thread:stop(); key = 'ran-out' end
    wrk.headers['Authorization'] = 'Bearer ' .. key
    return wrk.format()
  end
end

local rate = tonumber(os.getenv('LOAD_PER_SECOND'))
if rate then
  local ffi = require('ffi')
  ffi.cdef [[
    typedef struct { long seconds; long nanos; } moment;
    int clock_gettime(int clock, moment *now);
  ]]
  local MONOTONIC = 1
  local moment = ffi.new('moment')
  local ticks, startedAt = 0, nil
  function delay()
    ffi.C.clock_gettime(MONOTONIC, moment)
    local now = tonumber(moment.seconds) * 1000 + tonumber(moment.nanos) / 1000000
    startedAt = startedAt or now
    ticks = math.max(ticks + 1, math.ceil((now - startedAt) * rate / 1000))
    return math.max(0, startedAt + ticks * 1000 / rate - now)
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
