-- Corrects what a gate has left by a difference, unless the gate has been told
-- something since the difference was found; once, however often it is asked.
-- KEYS: gate
-- ARGV: epoch, number of the last move applied, difference, name of this correction
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'applied', 'corrected')
if gate[3] == ARGV[4] then
  return 1
end
if gate[1] ~= ARGV[1] or gate[2] ~= ARGV[2] then
  return 0
end
redis.call('HDEL', KEYS[1], '') -- so that the rest is allowed at maxmemory, too
redis.call('HINCRBY', KEYS[1], 'left', ARGV[3])
redis.call('HSET', KEYS[1], 'corrected', ARGV[4])
return 1
