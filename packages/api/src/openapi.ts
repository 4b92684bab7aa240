/**
 * The table of operations → an OpenAPI 3.1 document. Its order is the order of the table, so the
 * same table always gives the same text.
 */
import { z } from 'zod'

import type { Operation } from './operation.ts'
import { Problem } from './problem.ts'

/** A JSON object of the document. */
export interface JsonObject {
  readonly [name: string]: unknown
}

/** The document; `openapi` is the version of the specification. */
export interface OpenApiDocument extends JsonObject {
  readonly openapi: string
}

/** Describes all operations. Throws when two different schemas share an id. */
export function openApiDocument(operations: Readonly<Record<string, Operation>>): OpenApiDocument {
  const components: Components = { input: new Map(), output: new Map() }
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [id, operation] of Object.entries(operations)) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = describe(id, operation, components)
  }
  schemaOf(Problem, 'output', components)
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Flagmarshal',
      version: '1',
      description: 'Progressive delivery that follows a written procedure.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: schemasOf(components),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        address: { type: 'apiKey', in: 'query', name: 'token' },
      },
    },
  }
  return resolved(document, differing(components))
}

type Io = 'input' | 'output'

/** Named schemas, as requests and as answers: they differ where a request may leave out what has a default. */
interface Components {
  readonly input: Map<string, JsonObject>
  readonly output: Map<string, JsonObject>
}

/** The ids of schemas that requests and answers cannot share, also because of what they refer to. */
function differing({ input, output }: Components): ReadonlySet<string> {
  const found = new Set<string>()
  const neutral = (json: JsonObject | undefined) => JSON.stringify(json).replaceAll('#/input/', '#/output/')
  for (const [id, json] of input) {
    if (output.has(id) && neutral(json) !== neutral(output.get(id))) found.add(id)
  }
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const [id, json] of input) {
      const text = JSON.stringify(json)
      if (output.has(id) && [...found].some((it) => text.includes(`"#/input/${it}"`))) found.add(id)
    }
  }
  return found
}

/** All named schemas by name; requests' own ones are `<Id>Input`. */
function schemasOf(components: Components): JsonObject {
  const different = differing(components)
  const named = new Map(components.output)
  for (const [id, json] of components.input) named.set(different.has(id) ? `${id}Input` : id, json)
  return Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** With every reference pointing at its component. */
function resolved<T extends JsonObject>(document: T, different: ReadonlySet<string>): T {
  const text = JSON.stringify(document).replace(
    /"#\/(input|output)\/([^"]+)"/g,
    (_, io: Io, id: string) =>
      `"#/components/schemas/${id}${io === 'input' && different.has(id) ? 'Input' : ''}"`,
  )
  const result: T = JSON.parse(text)
  return result
}

function describe(id: string, operation: Operation, components: Components): JsonObject {
  const { summary, can, body, success } = operation
  const required = body !== undefined && !body.safeParse(undefined).success
  return {
    operationId: id,
    summary,
    ...(can === 'public'
      ? { security: [] }
      : { security: [{ [schemeOf(operation)]: [] }], 'x-permission': can }),
    parameters: parametersOf(operation, components),
    ...(body === undefined
      ? {}
      : { requestBody: { required, content: contentOf(body, 'application/json', 'input', components) } }),
    responses: {
      [success.status]: { description: 'Success.', ...answerOf(success, components) },
      default: {
        description: 'A problem.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function schemeOf({ tokenInQuery }: Operation): 'address' | 'token' {
  return tokenInQuery === true ? 'address' : 'token'
}

function parametersOf(operation: Operation, components: Components): JsonObject[] {
  return [
    ...membersOf(operation.params, 'path', components),
    ...membersOf(operation.query, 'query', components),
    ...(operation.ifMatch === undefined
      ? []
      : [
          header(
            'If-Match',
            operation.ifMatch === true,
            'The revision that you have seen, as an ETag: `"3"`. 412 with the present one where it is another.',
          ),
        ]),
    ...(operation.idempotent === undefined
      ? []
      : [
          header('Idempotency-Key', false, 'Repeating it within a day repeats the answer, not the creation.'),
        ]),
  ]
}

function membersOf(schema: z.ZodObject | undefined, place: string, components: Components): JsonObject[] {
  if (schema === undefined) return []
  return Object.entries(schema.shape).map(([name, member]) => ({
    name,
    in: place,
    required: place === 'path' || !z.safeParse(member, undefined).success,
    schema: schemaOf(member, 'input', components),
  }))
}

function header(name: string, required: boolean, description: string): JsonObject {
  return { name, in: 'header', required, description, schema: { type: 'string' } }
}

function answerOf(success: Operation['success'], components: Components): JsonObject {
  if (success.media === 'stream') return { content: { 'text/event-stream': { schema: { type: 'string' } } } }
  if (success.media === 'text') return { content: { 'text/plain': { schema: { type: 'string' } } } }
  if (success.media === 'zip') {
    return { content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } } }
  }
  if (success.body === undefined) return {}
  return { content: contentOf(success.body, 'application/json', 'output', components) }
}

// oxlint-disable-next-line max-params -- the parts of one line of the document
function contentOf(schema: z.ZodType, media: string, io: Io, components: Components): JsonObject {
  return { [media]: { schema: schemaOf(schema, io, components) } }
}

/** A schema; the ones that carry an id move to the components and are referred to. */
function schemaOf(schema: z.core.$ZodType, io: Io, components: Components): JsonObject {
  const {
    $schema: _,
    $defs = {},
    ...json
  }: JsonObject = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  const root = typeof json['id'] === 'string' ? json['id'] : undefined
  const parts = { ...($defs as Record<string, JsonObject>), ...(root === undefined ? {} : { [root]: json }) }
  for (const [id, part] of Object.entries(parts)) addComponent(id, referring(part, io), components[io])
  return root === undefined ? referring(json, io) : { $ref: `#/${io}/${root}` }
}

function addComponent(id: string, part: JsonObject, components: Map<string, JsonObject>): void {
  const { id: _, ...json } = part
  const known = components.get(id)
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(json)) {
    throw new Error(`two different schemas have the id ${id}`)
  }
  components.set(id, json)
}

/** Zod refers to `#/$defs/X`; here the name says too whether it is a request's or an answer's. */
function referring(json: JsonObject, io: Io): JsonObject {
  const result: JsonObject = JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"#/${io}/`))
  return result
}
