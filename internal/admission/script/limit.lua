-- Counts an attempt of a user in the second that began with his first.
-- KEYS: the user's count
-- Answers how many there were, this one included.
local n = redis.call('INCR', KEYS[1])
if n == 1 then
  redis.call('PEXPIRE', KEYS[1], 1000)
end
return n
