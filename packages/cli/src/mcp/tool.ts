/**
 * What a tool is: a name, schemas for what goes in and comes out, and either a look or a request. A
 * writing tool plans its requests before it sends any, so that a dry run shows exactly those.
 */
import type { Arguments, OperationId, Operations } from '@flagmarshal/api'
import { operations } from '@flagmarshal/api/operations'
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'

import { Failure, problemOf } from '../failure.ts'
import type { Answer, Session } from '../session.ts'

/** Adds one tool to a server. */
export type AddTool = (server: McpServer, session: Session) => void

/** How a tool is shown to an agent and to the person beside it. */
export interface Shown<I extends z.ZodRawShape, O extends z.ZodRawShape> {
  readonly title: string
  readonly description: string
  readonly input: I
  readonly output: O
}

type Given<I extends z.ZodRawShape> = z.output<z.ZodObject<I, z.core.$strict>>

/** A value of the API as it is; its schema is in openapi.json. */
export const AsAnswered = z.record(z.string(), z.unknown())

/** A tool that only asks. */
export function reading<const I extends z.ZodRawShape, const O extends z.ZodRawShape>(
  name: string,
  shown: Shown<I, O>,
  look: (session: Session, given: Given<I>) => Promise<z.input<z.ZodObject<O>>>,
): AddTool {
  const annotations = { readOnlyHint: true, openWorldHint: false }
  return (server, session) =>
    add(server, name, { ...shown, annotations }, async (given: Given<I>) => await look(session, given))
}

/** One request that has not been sent. */
export interface Planned<T> {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  send(session: Session): Promise<T>
}

/** Plans a request to an operation. */
export function request<Id extends OperationId>(
  id: Id,
  ...given: Arguments<Operations[Id]>
): Planned<Answer<Id>> {
  const { method, path } = operations[id]
  const { params = {}, body } = (given[0] ?? {}) as { params?: Record<string, unknown>; body?: unknown }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(params[key])))
  return {
    method,
    path: filled,
    ...(body === undefined ? {} : { body }),
    send: (session) => session.call(id, ...given),
  }
}

/** What a writing tool would send, and how. */
export interface Plan<R> {
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body?: unknown }[]
  send(session: Session): Promise<R>
}

/** Requests one after the other, and what is shown of the last answer. */
export function planned<T, R>(
  last: Planned<T>,
  show: (answer: T) => R,
  before: readonly Planned<unknown>[] = [],
): Plan<R> {
  return {
    requests: [...before, last].map(({ method, path, body }) => ({
      method,
      path,
      ...(body === undefined ? {} : { body }),
    })),
    async send(session) {
      for (const it of before) await it.send(session)
      return show(await last.send(session))
    },
  }
}

const Requests = z.array(z.object({ method: z.string(), path: z.string(), body: z.unknown().optional() }))

/** Hints of tools that write: those that take something away are marked so. */
interface Effect {
  readonly destructive: boolean
  readonly idempotent: boolean
}

/** A tool that writes. With `dryRun` it says what it would send, and sends nothing. */
export function writing<const I extends z.ZodRawShape, const O extends z.ZodRawShape>(
  name: string,
  shown: Shown<I, O> & Effect,
  plan: (session: Session, given: Given<I>) => Promise<Plan<z.input<z.ZodObject<O>>>>,
): AddTool {
  const { destructive, idempotent, title, description } = shown
  const annotations = {
    readOnlyHint: false,
    destructiveHint: destructive,
    idempotentHint: idempotent,
    openWorldHint: false,
  }
  const input = {
    ...shown.input,
    dryRun: z.boolean().default(false).describe('Say what would be sent, and send nothing.'),
  }
  const output = {
    done: z.boolean().describe('False after a dry run.'),
    requests: Requests.describe('What was sent, or would be.'),
    result: z.object(shown.output).optional(),
  }
  return (server, session) =>
    add(
      server,
      name,
      { title, description, input, output, annotations },
      async (all: Given<I> & { readonly dryRun: boolean }) => {
        const { dryRun, ...given } = all
        const it = await plan(session, given as Given<I>)
        const { requests } = it
        return dryRun ? { done: false, requests } : { done: true, requests, result: await it.send(session) }
      },
    )
}

interface Described {
  readonly title: string
  readonly description: string
  readonly input: z.ZodRawShape
  readonly output: z.ZodRawShape
  readonly annotations: object
}

/** A refusal is an answer with its remedy, marked as an error: the agent can act on it. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
function add(
  server: McpServer,
  name: string,
  { input, output, ...described }: Described,
  act: (given: never) => Promise<object>,
): void {
  const config = { ...described, inputSchema: z.strictObject(input), outputSchema: z.object(output) }
  server.registerTool(name, config, async (given: unknown): Promise<CallToolResult> => {
    try {
      // The library has parsed it with the schema above.
      const answer = await act(given as never)
      return { content: [text(answer)], structuredContent: { ...answer } }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const { code, status, detail, remedy } = problemOf(error)
      return { isError: true, content: [text({ code, status, detail, remedy })] }
    }
  })
}

function text(value: object): { type: 'text'; text: string } {
  return { type: 'text', text: JSON.stringify(value, null, 2) }
}
