/**
 * `--dry-run`: the first change that a command would send is shown in place of being sent, and the
 * command ends there, because what comes after depends on the answer.
 */
import type { OperationId } from '@flagmarshal/api'
import { operations } from '@flagmarshal/api/operations'

/** The first request of a command that would have changed something, or the file it would have written. */
export interface Unsent {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/** Ends a command that was only to be tried. */
export class NotSent extends Error {
  readonly request: Unsent

  constructor(request: Unsent) {
    super(`not sent: ${request.method} ${request.path}`)
    this.request = request
  }
}

/** Requests with a body that only ask. */
const ASKING: ReadonlySet<OperationId> = new Set([
  'checkPlan',
  'estimateReach',
  'explainFlag',
  'importSlo',
  'proposeStep',
  'readMetric',
  'replayPlan',
  'showPlanPower',
  'tryCriterion',
  'verifyAudit',
  'verifyInstallationAudit',
])

interface Given {
  readonly ifMatch?: number
  readonly idempotencyKey?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** What a call would change; undefined for one that asks, or that the server itself only tries. */
export function changeOf(id: OperationId, given: Given = {}): Unsent | undefined {
  const { method, path } = operations[id]
  if (method === 'GET' || ASKING.has(id) || isTrial(given)) return undefined
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(given.params?.[name]))
  return { method, path: filled, ...(given.body === undefined ? {} : { body: given.body }) }
}

/** Imports and hooks have dry runs of their own, which say more than their requests. */
function isTrial({ query, body }: Given): boolean {
  const mode = typeof body === 'object' && body !== null && 'mode' in body ? body.mode : undefined
  return query?.['dryRun'] === 'true' || mode === 'dry-run'
}

/** What would have happened, for people. */
export function describeUnsent({ method, path, body }: Unsent): string {
  const content = body === undefined ? '' : `\n${JSON.stringify(body, null, 2)}`
  return `Nothing was changed. The first change would be:\n\n${method} ${path}${content}`
}
