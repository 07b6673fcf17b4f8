-- Reads a gate together with all that is in flight, at one moment.
-- KEYS: gate, inflight
-- Answers what read.lua does, then stream IDs with their users.
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'applied', 'left', 'run')
return {gate[1], gate[2], gate[3], gate[4], redis.call('HLEN', KEYS[2]), redis.call('HGETALL', KEYS[2])}
