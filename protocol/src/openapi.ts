/** The owner's API as an OpenAPI 3.1 document, made from what is declared. */
import { z } from 'zod'
import { type ErrorCode, errors } from './errors.ts'
import { isMatched, type Operation, type Operations } from './operation.ts'
import { lowestRoleFor } from './roles.ts'

/** What any operation may refuse. */
const common: readonly ErrorCode[] = ['invalid_request', 'not_authenticated', 'forbidden', 'not_found', 'rate_limited']

export function openApiOf(operations: Operations): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, operation] of Object.entries(operations)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(name, operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mevichat: the owner’s API',
      version: '1',
      description:
        'JSON over HTTPS. Every call carries a bearer token, or the session of the dashboard. Errors are `{"error": code}`, often with `detail` in words.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: {
        Error: {
          type: 'object',
          properties: { error: { enum: Object.keys(errors) }, detail: { type: 'string' } },
          required: ['error'],
        },
      },
    },
  }
}

function describe(operationId: string, operation: Operation): object {
  const { about, needs, body, takes } = operation
  const role = needs === 'person' ? 'Anybody who is signed in.' : `Role: ${lowestRoleFor(needs)} or higher.`
  return {
    operationId,
    tags: [tagOf(operation)],
    summary: about,
    description: role,
    parameters: parametersOf(operation),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
    }),
    ...(takes && { requestBody: { required: true, content: { [takes]: { schema: { type: 'object' } } } } }),
    responses: responsesOf(operation),
  }
}

/** The noun that the path is about: its last fixed part but what is done to it. */
function tagOf({ path }: Operation): string {
  const nouns = path.split('/').filter((part) => part !== '' && !part.startsWith(':'))
  return nouns.find((part) => !['api', 'workspaces', 'bots'].includes(part)) ?? nouns.at(-1) ?? 'api'
}

function parametersOf(operation: Operation): object[] {
  const { path, query } = operation
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name.endsWith('Id') ? { type: 'string', format: 'uuid' } : { type: 'string' },
  }))
  const shape: Record<string, z.core.$ZodType> = query?.shape ?? {}
  const inQuery = Object.entries(shape).map(([name, schema]) => ({
    name,
    in: 'query',
    schema: schemaOf(schema, 'input'),
  }))
  const ifMatch = { name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } }
  return [...inPath, ...inQuery, ...(isMatched(operation) ? [ifMatch] : [])]
}

function responsesOf(operation: Operation): object {
  const { status, answer, versionOf, refuses = [] } = operation
  const changes: ErrorCode[] = isMatched(operation) ? ['changed_meanwhile', 'precondition_required'] : []
  const byStatus = Map.groupBy([...common, ...refuses, ...changes], (code) => errors[code][0])
  const refusals = [...byStatus].map(([refused, codes]) => [
    refused,
    {
      description: codes.map((code) => `\`${code}\`: ${errors[code][1]}`).join(' '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  ])
  const content =
    answer === null
      ? {}
      : typeof answer === 'string'
        ? { content: { [answer]: { schema: { type: 'string' } } } }
        : { content: { 'application/json': { schema: schemaOf(answer, 'output') } } }
  const headers = versionOf ? { headers: { ETag: { schema: { type: 'string' } } } } : {}
  return { [status]: { description: 'Done.', ...headers, ...content }, ...Object.fromEntries(refusals) }
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...plain } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return plain
}
