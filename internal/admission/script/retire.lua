-- Removes the keys of a product that has ended, unless something of it is on its way:
-- an entry that a group has not done with, or one that is in flight.
-- KEYS: gate, holders, inflight, waiting, stream, marks of what is stored, note of what is
--       read again, what was sent again
-- Answers 'removed', or 'held by ' who is not done: a group, or 'the gate'.
if redis.call('HLEN', KEYS[3]) > 0 then
  return 'held by the gate'
end
local last = ''
local stream = redis.pcall('XINFO', 'STREAM', KEYS[5])
for i = 1, #stream, 2 do
  if stream[i] == 'last-generated-id' then
    last = stream[i + 1]
  end
end
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[5])
for _, group in ipairs(groups) do
  local facts = {}
  for i = 1, #group, 2 do
    facts[group[i]] = group[i + 1]
  end
  local rest = {}
  if facts['last-delivered-id'] ~= last then
    rest = redis.call('XRANGE', KEYS[5], '(' .. facts['last-delivered-id'], '+', 'COUNT', 1)
  end
  if facts['pending'] > 0 or #rest > 0 then
    return 'held by ' .. facts['name']
  end
end
-- UNLINK: to free a million holders at once would stop Redis for as long as that takes.
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8])
return 'removed'
