/**
 * A request → what its handler is given, by the schemas of its operation. Everything wrong with it
 * is reported at once, each fault with a pointer to its place.
 */
import type { Operation } from '@flagmarshal/api/operation'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import { faultOfText } from './json-body.ts'
import { escapePointer } from './json-pointer.ts'
import { HttpProblem } from './problems.ts'
import type { FieldError } from './problems.ts'

/** The decoded parts of a request. */
export interface Decoded {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly ifMatch: number | undefined
}

const NOTHING = z.strictObject({}).optional()
const MOST_ERRORS = 50

/** Throws an HttpProblem: 422 for what does not fit the schemas, 428 and 400 for If-Match. */
export function decode(operation: Operation, request: FastifyRequest): Decoded {
  const errors: FieldError[] = []
  const params = check(operation.params ?? NOTHING, request.params, '#/path', errors)
  const query = check(operation.query ?? NOTHING, request.query, '#/query', errors)
  const body = check(operation.body ?? NOTHING, request.body, '', errors)
  refuseFaults(errors)
  return {
    params: operation.params && params,
    query: operation.query && query,
    body: operation.body && body,
    ifMatch: wantedRevision(operation.ifMatch, request.headers['if-match']),
  }
}

/** A part of the body whose schema depends on the address. Throws an HttpProblem 422 as `decode` does. */
export function decodePart<S extends z.ZodType>(schema: S, value: unknown, base: string): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  refuseFaults(parsed.error.issues.flatMap((issue) => faultsOf(issue, base)))
  throw new Error('a schema refused a value without an issue')
}

/** The revision that must still hold; undefined where the operation has none, or it was left out as it may be. */
function wantedRevision(rule: Operation['ifMatch'], header: string | undefined): number | undefined {
  if (rule === undefined || (rule === 'optional' && header === undefined)) return undefined
  return revisionOf(header)
}

function refuseFaults(errors: readonly FieldError[]): void {
  const [first] = errors
  if (first === undefined) return
  const where = first.pointer === '' ? 'The body' : first.pointer
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`
  throw new HttpProblem(422, 'invalid', `${where}: ${first.message}${more}`, {
    errors: errors.slice(0, MOST_ERRORS),
  })
}

// oxlint-disable-next-line max-params -- schema, value, where it is, and where faults go
function check(schema: z.ZodType, value: unknown, base: string, errors: FieldError[]): unknown {
  if (base !== '') errors.push(...textFaults(value, base))
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  errors.push(...parsed.error.issues.flatMap((issue) => faultsOf(issue, base)))
  return undefined
}

/** Bodies are inspected while they are read; these come from the address. */
function textFaults(value: unknown, base: string): FieldError[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, text]) => {
    const message = faultOfText(name) ?? faultOfText(String(text))
    return message === undefined ? [] : [{ pointer: `${base}/${escapePointer(name)}`, message }]
  })
}

function faultsOf(issue: z.core.$ZodIssue, base: string): FieldError[] {
  const pointer = issue.path.reduce<string>((it, step) => `${it}/${escapePointer(String(step))}`, base)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${escapePointer(key)}`,
      message: 'This field is not known.',
    }))
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors)
    if (closest !== undefined) return closest.flatMap((it) => faultsOf(it, pointer))
  }
  const required = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return [{ pointer, message: required ? 'This field is required.' : issue.message }]
}

/** Of a union the alternative that got furthest: its first fault lies deepest. */
function closestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]) {
  const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(0, ...branch.map((it) => it.path.length))
  return branches.toSorted((a, b) => depth(b) - depth(a)).find((branch) => depth(branch) > 0)
}

/** `"12"` → 12. Weak and foreign ETags match nothing (RFC 9110, 13.1.1), so they become 0. */
function revisionOf(header: string | undefined): number {
  if (header === undefined) {
    throw new HttpProblem(428, 'if-match-required', 'This change needs If-Match.', {
      remedy: 'Read the thing, then send its ETag in If-Match.',
      errors: [{ pointer: '#/header/if-match', message: 'This header is required.' }],
    })
  }
  const ours = /^"(\d{1,15})"$/.exec(header)
  if (ours?.[1] !== undefined) return Number(ours[1])
  if (/^(W\/)?"[\x21\x23-\x7e]*"$/.test(header)) return 0
  const message = 'Use one ETag, like "3" with its quotation marks.'
  throw new HttpProblem(400, 'if-match-unreadable', message, {
    errors: [{ pointer: '#/header/if-match', message }],
  })
}
