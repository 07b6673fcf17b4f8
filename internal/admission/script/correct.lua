-- Corrects what a gate has left by a difference, unless the gate has been told
-- something since the difference was found.
-- KEYS: gate
-- ARGV: epoch, number of the last move applied, difference
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'applied')
if gate[1] ~= ARGV[1] or gate[2] ~= ARGV[2] then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'left', ARGV[3])
return 1
