-- Puts fields aside for a gate that is to be opened, at maxmemory too.
-- KEYS: where to
-- ARGV: seconds until that is forgotten, then fields and values
redis.call('EXPIRE', KEYS[1], ARGV[1]) -- a write, if in vain: after it Redis refuses none
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1]) -- at once: who puts it aside may not live to the end
return 1
