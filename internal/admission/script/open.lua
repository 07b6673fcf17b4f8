-- Opens a gate under a new epoch, with the users and entries that were put aside for it.
-- KEYS: gate, holders, inflight, waiting, where the last three were put aside, and the note
--       of what the books have lost and is read again: while it is there no gate opens
-- ARGV: epoch, then the other fields of the gate
-- Answers 1, or 0 when a gate of this epoch or a later one is open already, or none may be.
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and tonumber(epoch) >= tonumber(ARGV[1]) or redis.call('EXISTS', KEYS[8]) == 1 then
  redis.call('UNLINK', KEYS[5], KEYS[6], KEYS[7])
  return 0
end
-- UNLINK: to free a million holders at once would stop Redis for as long as that takes.
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
if redis.call('EXISTS', KEYS[5]) == 1 then
  redis.call('RENAME', KEYS[5], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
if redis.call('EXISTS', KEYS[6]) == 1 then
  redis.call('RENAME', KEYS[6], KEYS[3])
  redis.call('PERSIST', KEYS[3])
end
if redis.call('EXISTS', KEYS[7]) == 1 then
  redis.call('RENAME', KEYS[7], KEYS[4])
  redis.call('PERSIST', KEYS[4])
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], unpack(ARGV, 2))
return 1
