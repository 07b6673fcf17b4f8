-- Closes a gate: it admits nothing until it is opened under a later epoch.
-- KEYS: gate
-- ARGV: epoch; a gate of a later one stays open
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and tonumber(epoch) <= tonumber(ARGV[1]) then
  return redis.call('DEL', KEYS[1])
end
return 0
