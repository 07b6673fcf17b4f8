-- Applies moves to a gate, in the order of their numbers, each once.
-- KEYS: gate, holders
-- ARGV: epoch, number of the last move of which the terms that follow know, settled,
--       status, limit, starts, ends, number of moves, then for each: number, its token, the
--       token of the one before, units, how many users hold one unit more, those users, how
--       many hold one less, those users
-- Answers {word, number of the last move applied}: OK, NOT_LOADED, EPOCH (the gate is
-- of another one), GAP (a move between is missing) or FORK (the gate knows another move
-- of a number); only OK has an effect.
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'applied', 'left', 'token')
if not gate[1] then
  return {'NOT_LOADED', 0}
end
local applied, left = tonumber(gate[2]), tonumber(gate[3])
if gate[1] ~= ARGV[1] then
  return {'EPOCH', applied}
end

-- Writes once, if in vain: at maxmemory Redis refuses what may need memory unless a script
-- has written before. The gate must know what was decided all the same.
redis.call('HDEL', KEYS[1], '')

local change, users = {}, {}
local function add(from, n, by)
  for i = from, from + n - 1 do
    local user = ARGV[i]
    if not change[user] then
      change[user] = 0
      users[#users + 1] = user
    end
    change[user] = change[user] + by
  end
  return from + n
end

-- The token stands with the number of its move: who knows of none leaves it behind.
local token = '0'
if gate[4] and string.match(gate[4], '^%d+') == gate[2] then
  token = string.match(gate[4], '%d+$')
end
local function differs(other)
  return token ~= '0' and other ~= '0' and token ~= other
end

local at = 9
for _ = 1, tonumber(ARGV[8]) do
  local number, units, fresh = tonumber(ARGV[at]), tonumber(ARGV[at + 3]), false
  if number == applied and differs(ARGV[at + 1]) or number == applied + 1 and differs(ARGV[at + 2]) then
    return {'FORK', tonumber(gate[2])}
  end
  if number == applied + 1 then
    applied, left, fresh, token = number, left + units, true, ARGV[at + 1]
  elseif number > applied then
    return {'GAP', tonumber(gate[2])}
  end
  local by = fresh and 1 or 0
  at = add(at + 5, tonumber(ARGV[at + 4]), by)
  at = add(at + 1, tonumber(ARGV[at]), -by)
end

for from = 1, #users, 1000 do
  local page = {unpack(users, from, math.min(from + 999, #users))}
  local held = redis.call('HMGET', KEYS[2], unpack(page))
  local set, del = {}, {}
  for i, user in ipairs(page) do
    local count = (tonumber(held[i]) or 0) + change[user]
    if count > 0 then
      set[#set + 1] = user
      set[#set + 1] = count
    elseif held[i] then
      del[#del + 1] = user
    end
  end
  if #set > 0 then
    redis.call('HSET', KEYS[2], unpack(set))
  end
  if #del > 0 then
    redis.call('HDEL', KEYS[2], unpack(del))
  end
end
redis.call('HSET', KEYS[1], 'applied', applied, 'left', left,
  'token', string.format('%.0f:%s', applied, token))
if applied == tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'settled', ARGV[3], 'status', ARGV[4], 'limit', ARGV[5],
    'starts', ARGV[6], 'ends', ARGV[7])
end
return {'OK', applied}
