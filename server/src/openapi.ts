/** `GET /api/openapi.json`: what the owner's API can do, for programs and people. */
import { openApiOf } from '@mevichat/protocol/openapi.ts'
import { operations } from '@mevichat/protocol/operations.ts'
import { addEndpoint, type HttpApp } from './platform/http/app.ts'
import type { Log } from './platform/log.ts'

export function addOpenApiRoute(app: HttpApp, ports: { log: Log }): void {
  let document: string | undefined
  addEndpoint(app, ports, {
    path: '/api/openapi.json',
    methods: {
      async GET(_request, reply) {
        document ??= JSON.stringify(openApiOf(operations))
        return reply
          .type('application/json; charset=utf-8')
          .header('cache-control', 'public, max-age=300')
          .header('access-control-allow-origin', '*')
          .send(document)
      },
    },
  })
}
