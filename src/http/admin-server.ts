import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'

export interface Check {
  name: string
  ok: boolean
  /** True for what ops must mend though this process does its work: /readyz tells it and stays 200. */
  warning?: true
  /** What is the matter and what to do, when it is not ok. */
  detail?: string
}

export interface AdminServerDeps {
  checks: () => Check[]
  metrics: () => Promise<{ contentType: string; body: string }>
}

/** The admin port, for orchestrators and Prometheus. Keep it private: it knows no keys. */
export function adminServer(deps: AdminServerDeps): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
  // Alive means only that the event loop turns: restarting us mends nothing when Redis is what is missing.
  app.get('/livez', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply) => {
    const checks = deps.checks()
    const ready = checks.every((check) => check.ok || check.warning)
    const status = checks.every((check) => check.ok) ? 'ok' : ready ? 'degraded' : 'unavailable'
    return reply.code(ready ? 200 : 503).send({ status, checks })
  })
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await deps.metrics()
    return reply.type(contentType).send(body)
  })
  return app
}
