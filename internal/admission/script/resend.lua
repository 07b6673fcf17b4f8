-- Writes an entry into a product's stream again, once, however often it is asked.
-- KEYS: what has been written so, by name; stream
-- ARGV: name, then fields and values
-- Answers the ID of the entry.
local id = redis.call('HMGET', KEYS[1], ARGV[1])[1]
if id then
  return id
end
id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('HSET', KEYS[1], ARGV[1], id)
return id
