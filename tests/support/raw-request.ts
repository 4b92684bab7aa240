/**
 * Requests to any operation of the table, well-formed or not: for tests that walk the table.
 */
import type { Operation } from '@flagmarshal/api/operation'
import { z } from 'zod'

export interface RawRequest {
  readonly token?: string | undefined
  /** Values of path parameters, as they appear in the address; others get `missing`. */
  readonly params?: Readonly<Record<string, string>>
  /** The text after `?`. */
  readonly query?: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface RawAnswer {
  readonly status: number
  readonly contentType: string
  readonly headers: Headers
  /** The parsed body where it is JSON. */
  readonly json: unknown
}

/** Sends it. Of a stream only the head is read. */
export async function sendRaw(
  server: string,
  operation: Operation,
  request: RawRequest = {},
): Promise<RawAnswer> {
  const path = operation.path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => request.params?.[name] ?? plausible(operation, name),
  )
  const leaving = new AbortController()
  const answer = await fetch(`${server}${path}${request.query === undefined ? '' : `?${request.query}`}`, {
    method: operation.method,
    signal: leaving.signal,
    headers: {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: request.body }),
  })
  const contentType = answer.headers.get('content-type') ?? ''
  const { status, headers } = answer
  if (contentType.startsWith('text/event-stream')) {
    leaving.abort()
    return { status, contentType, headers, json: undefined }
  }
  const text = await answer.text()
  const json: unknown =
    contentType.includes('json') && !contentType.includes('jsonl') ? JSON.parse(text || 'null') : undefined
  return { status, contentType, headers, json }
}

/** A value that the parameter's schema accepts and that names nothing. */
function plausible(operation: Operation, name: string): string {
  const schema = operation.params?.shape[name]
  const candidates = ['missing', 'thing_missing', '1']
  return candidates.find((it) => schema !== undefined && z.safeParse(schema, it).success) ?? 'missing'
}
