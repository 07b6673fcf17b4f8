-- Decides a batch of attempts for one product, in the order given.
-- Every key stands literally as KEYS[number] in the call that uses it: some proxies let
-- nothing else pass. For the keys of request IDs the two lines 'EACH …' are replaced, as
-- script.go says.
-- KEYS: gate, holders, inflight, waiting, stream, reply, then the key of each request ID,
--       and the key of the reply again as often as is left over
-- ARGV: seconds to keep the reply, seconds to keep a request ID, number of attempts,
--       then for each: user, request ID or '', the refusal that it gets unless its
--       request ID is known already, or '';
--       then for each that is sampled: its number, its traceparent
-- Answers one word an attempt: '+ID' admitted, '=ID' admitted before, or the refusal;
-- EXHAUSTED when the stream has no ID left for an entry.
local reply = redis.call('GET', KEYS[6])
if reply then
  return reply
end

local n = tonumber(ARGV[3])
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'settled', 'status', 'left', 'limit', 'starts', 'ends')
local epoch, settled, left, limit = gate[1], gate[2] == '1', tonumber(gate[4]), tonumber(gate[5])

local refusal, closing, ends = '', false, 0
if not epoch then
  refusal = 'NOT_LOADED'
elseif gate[3] ~= 'ACTIVE' then
  refusal = gate[3]
elseif settled and (gate[6] ~= '0' or gate[7] ~= '0') then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- Settlement goes by the ID of the entry, and no ID is below the last one, though the
  -- clock was set back, or somebody made up an ID ahead of it.
  local stream = redis.pcall('XINFO', 'STREAM', KEYS[5])
  for i = 1, #stream, 2 do
    if stream[i] == 'last-generated-id' then
      now = math.max(now, tonumber(string.match(stream[i + 1], '^%d+')))
    end
  end
  ends = tonumber(gate[7])
  closing = ends > 0 and now + 60000 >= ends -- then each ID is looked at: the clock goes on
  if now < tonumber(gate[6]) then
    refusal = 'NOT_STARTED'
  elseif ends > 0 and now >= ends then
    refusal = 'ENDED'
  end
end

local users = {}
for i = 1, n do
  users[i] = ARGV[1 + 3 * i]
end
local traces = {}
for i = 4 + 3 * n, #ARGV, 2 do
  traces[tonumber(ARGV[i])] = ARGV[i + 1]
end
local held = {}
if settled and refusal == '' then
  local counts = redis.call('HMGET', KEYS[2], unpack(users))
  for i = 1, n do
    held[users[i]] = tonumber(counts[i]) or 0
  end
end
local remembered, minted = {}, {}
-- EACH read: remembered[1…] = what the keys of request IDs hold

local words, requests, seen = {}, 0, {}
local holders, inflight, waiting = {}, {}, {}
for i = 1, n do
  local user, request, word = users[i], ARGV[2 + 3 * i], ARGV[3 + 3 * i]
  local known = false
  if request ~= '' then
    requests = requests + 1
    known = remembered[requests] or seen[user .. ' ' .. request]
  end
  if known then
    word = '=' .. known
  elseif refusal ~= '' then
    word = refusal
  elseif word == '' and settled and left <= 0 then
    word = 'SOLD_OUT'
  elseif word == '' and settled and limit > 0 and held[user] >= limit then
    word = 'LIMIT_REACHED'
  elseif word == '' then
    local id
    local mark = settled and epoch or '0'
    if request == '' and traces[i] then
      id = redis.pcall('XADD', KEYS[5], '*', 'uid', user, 'epoch', mark, 'tp', traces[i])
    elseif request == '' then
      id = redis.pcall('XADD', KEYS[5], '*', 'uid', user, 'epoch', mark)
    elseif traces[i] then
      id = redis.pcall('XADD', KEYS[5], '*', 'uid', user, 'rid', request, 'epoch', mark, 'tp', traces[i])
    else
      id = redis.pcall('XADD', KEYS[5], '*', 'uid', user, 'rid', request, 'epoch', mark)
    end
    if type(id) == 'table' then -- an error; what was admitted before it stays admitted
      if #waiting == 0 and not string.find(id.err, 'exhausted', 1, true) then
        return id
      end
      refusal, word = 'EXHAUSTED', 'EXHAUSTED'
    elseif closing and tonumber(string.match(id, '^%d+')) >= ends then
      redis.call('XDEL', KEYS[5], id)
      refusal, word = 'ENDED', 'ENDED'
    else
      if request ~= '' then
        minted[requests] = id
        seen[user .. ' ' .. request] = id
      end
      if settled then
        left = left - 1
        held[user] = held[user] + 1
        holders[#holders + 1] = user
        holders[#holders + 1] = held[user]
        inflight[#inflight + 1] = id
        inflight[#inflight + 1] = user
      end
      waiting[#waiting + 1] = user
      waiting[#waiting + 1] = id
      word = '+' .. id
    end
  end
  words[i] = word
end

local answer = table.concat(words, ' ')
-- EACH written: the keys of request IDs = minted[1…]
if #waiting > 0 then
  redis.call('HSET', KEYS[4], unpack(waiting))
  if settled then
    redis.call('HSET', KEYS[1], 'left', left)
    redis.call('HSET', KEYS[2], unpack(holders))
    redis.call('HSET', KEYS[3], unpack(inflight))
  end
  redis.call('SET', KEYS[6], answer, 'EX', ARGV[1])
end
return answer
