-- Reads a gate and counts what is in flight, at one moment.
-- KEYS: gate, inflight
local gate = redis.call('HMGET', KEYS[1], 'epoch', 'applied', 'left', 'run')
return {gate[1], gate[2], gate[3], gate[4], redis.call('HLEN', KEYS[2])}
