/** Every route that an app registers while it starts, seen where Fastify announces its instances: none can be forgotten. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

export interface Route {
  path: string
  method: string
}

function isAnnouncement(message: unknown): message is { fastify: FastifyInstance } {
  return typeof message === 'object' && message !== null && 'fastify' in message
}

export async function routesOf<T>(start: () => Promise<T>): Promise<{ started: T; routes: Route[] }> {
  const routes: Route[] = []
  function listen(message: unknown) {
    if (!isAnnouncement(message)) return
    message.fastify.addHook('onRoute', ({ url, method }) => {
      for (const one of [method].flat()) routes.push({ path: url, method: one })
    })
  }
  subscribe('fastify.initialization', listen)
  try {
    return { started: await start(), routes }
  } finally {
    unsubscribe('fastify.initialization', listen)
  }
}
