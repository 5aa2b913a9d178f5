import { startRedisServer } from './scripts/redis-server.ts'
import { Redis } from 'ioredis'
import { recordErasure } from './src/records/erase-records.ts'
import { rewriteFiles } from './src/queue/rewrite-files.ts'
const s = await startRedisServer({ appendfsync: 'everysec' })
const r = new Redis(s.url)
await r.eval(`for i = 1, 1000000 do redis.call('HSET', 'deskbridge:reply:rpl_' .. string.format('%022d', i), 'fingerprint', string.rep('a', 64), 'conversationId', '1234567890:24' .. string.format('%014d', i % 200000), 'status', 'sent', 'parts', 1, 'mid:0', 'm_' .. string.rep('x', 60)) end`, 0)
for (const n of [1, 2]) {
  let worst = 0
  const probe = setInterval(async () => { const t = performance.now(); await r.duplicate; await other.ping(); worst = Math.max(worst, performance.now() - t) }, 5)
  const other = new Redis(s.url)
  const t = performance.now()
  console.log(await recordErasure(r, { prefix: 'deskbridge' }).erase([`1234567890:24${String(n).padStart(14, '0')}`]), Math.round(performance.now() - t), 'ms; worst ping beside it', Math.round(worst))
  clearInterval(probe); other.disconnect()
}
const t2 = performance.now()
console.log(await rewriteFiles(r, AbortSignal.timeout(100000)), Math.round(performance.now() - t2), 'ms')
r.disconnect(); await s.stop()
