-- Forgets entries that are settled.
-- KEYS: inflight, waiting
-- ARGV: pairs of stream ID and user
-- Answers how many of the entries were in flight.
local ids, users = {}, {}
for i = 1, #ARGV, 2 do
  ids[#ids + 1] = ARGV[i]
  users[#users + 1] = ARGV[i + 1]
end
local gone = redis.call('HDEL', KEYS[1], unpack(ids))
local waiting, over = redis.call('HMGET', KEYS[2], unpack(users)), {}
for i, id in ipairs(waiting) do
  if id == ids[i] then
    over[#over + 1] = users[i]
  end
end
if #over > 0 then
  redis.call('HDEL', KEYS[2], unpack(over))
end
return gone
