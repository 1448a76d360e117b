"""The algorithm of ``sliding_log`` as a Redis script, atomic over all logs of a request.

A log is a list of ``time:total``. Its first element is the running total of the pairs that have
expired. The time is that of the Redis server, because the clocks of workers differ. If it is set
back, the times in the log are moved back with it; if it jumps ahead, older attempts expire early.

KEYS: the logs. ARGV: ``take`` or ``peek``; the time in microseconds, or empty for the server's;
then limit, window, slot and cost of each log. Returns one list: used, wait and reset of each log.
"""

SCRIPT = """
local take = ARGV[1] == 'take'
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function read(key, index)
  local pair = redis.call('LINDEX', key, index)
  if not pair then return nil end
  local colon = string.find(pair, ':', 1, true)
  return tonumber(string.sub(pair, 1, colon - 1)), tonumber(string.sub(pair, colon + 1))
end

local function write(time, total)
  return string.format('%.0f:%.0f', time, total)
end

local function move_back(key, by)
  local pairs = redis.call('LRANGE', key, 0, -1)
  for index, pair in ipairs(pairs) do
    local colon = string.find(pair, ':', 1, true)
    local time = tonumber(string.sub(pair, 1, colon - 1)) - by
    redis.call('LSET', key, index - 1, write(time, tonumber(string.sub(pair, colon + 1))))
  end
end

local function first_that_frees(key, wanted)
  local low, high = 1, redis.call('LLEN', key) - 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local _, total = read(key, middle)
    if total >= wanted then high = middle else low = middle + 1 end
  end
  return (read(key, low))
end

local logs, answer, fits = {}, {}, true
for index, key in ipairs(KEYS) do
  local at = 3 + (index - 1) * 4
  local limit, window = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local slot, cost = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local log = {slot = slot, cost = cost, window = window, total = 0, length = 0}
  local used, wait, reset = 0, 0, 0
  local last, total = read(key, -1)
  if last then
    if last > now then
      move_back(key, last - now)
      last = now
    end
    local length = redis.call('LLEN', key)
    local oldest = read(key, 1)
    while oldest and oldest <= now - window do
      redis.call('LPOP', key)
      length = length - 1
      oldest = read(key, 1)
    end
    local _, base = read(key, 0)
    used = total - base
    log.last, log.total, log.length = last, total, length
    if length > 1 then reset = last + window - now end
    if used + cost > limit and cost <= limit then
      wait = first_that_frees(key, base + used + cost - limit) + window - now
    end
  end
  if cost > limit then wait = window end
  if wait > 0 then fits = false end
  logs[index] = log
  answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = used, wait, reset
end

if take and fits then
  for index, key in ipairs(KEYS) do
    local log = logs[index]
    local pair = write(now, log.total + log.cost)
    local shares = log.length > 1 and (log.last == now or log.slot > 0
      and math.floor(log.last / log.slot) == math.floor(now / log.slot))
    if shares then
      redis.call('LSET', key, -1, pair)
    elseif log.length > 0 then
      redis.call('RPUSH', key, pair)
    else
      redis.call('RPUSH', key, '0:0', pair)
    end
    redis.call('PEXPIRE', key, log.window / 1000 + 1000)
    answer[index * 3 - 2] = answer[index * 3 - 2] + log.cost
    answer[index * 3] = log.window
  end
end
return answer
"""
