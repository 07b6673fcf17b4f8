-- Locks something for a while, at maxmemory too.
-- KEYS: lock
-- ARGV: who, seconds
-- Answers whether the lock is theirs; it may be from a call whose reply was lost, or from
-- one before, and is theirs for so long again.
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then
  return redis.call('EXPIRE', KEYS[1], ARGV[2])
elseif owner then
  return 0
end
redis.call('DEL', KEYS[1]) -- a write, if in vain: after it Redis refuses none
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
