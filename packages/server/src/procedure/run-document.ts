/**
 * A run as it is stored: the domain's run as JSON, parsed with this schema when it is read, so that
 * its instants are dates again and a row that nobody here wrote is noticed at once.
 */
import { ROLES } from '@flagmarshal/domain/access/permission'
import { PROOF_METHODS } from '@flagmarshal/domain/access/proof'
import type { Run } from '@flagmarshal/domain/procedure/run'
import { z } from 'zod'

const at = z.coerce.date()
const text = z.string()
const object = z.record(z.string(), z.json())
const role = z.enum(ROLES)
const attestation = { statement: text, reference: text }
const override = z.object({ check: text, reason: text })

const state = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal(['draft', 'awaiting_approval', 'approved', 'completed', 'aborted']) }),
  z.object({ kind: z.literal('halted'), step: z.int(), inputs: z.array(text) }),
  z.object({ kind: z.literal('open'), step: z.int(), waitsFor: z.enum(['decision', 'acknowledgement']) }),
  z.object({ kind: z.literal('reopened'), step: z.int(), because: text }),
])

const verdict = z.object({
  ok: z.boolean(),
  checked: z.enum(['machine', 'attested', 'overridden']),
  findings: z.array(text),
  unknown: z.literal(true).exactOptional(),
})

const sighting = z.object({
  place: text,
  of: text,
  state: z.enum(['found', 'absent', 'unknown']),
  note: text.exactOptional(),
  hash: text.exactOptional(),
  bytes: z.int().exactOptional(),
  ms: z.int().exactOptional(),
  tests: z
    .union([
      z.object({
        format: z.enum(['junit', 'ctrf']),
        total: z.int(),
        passed: z.int(),
        failed: z.int(),
        skipped: z.int(),
        failing: z.array(text),
      }),
      z.object({ unreadable: text }),
    ])
    .exactOptional(),
  at,
})

const input = z.object({
  value: object,
  by: text,
  at,
  attestation: z.object(attestation).exactOptional(),
  verdict,
  sightings: z.array(sighting).exactOptional(),
  changed: z.literal(true).exactOptional(),
  differs: z.array(text).exactOptional(),
  override: z.object({ reason: text, by: text, at }).exactOptional(),
  since: at.exactOptional(),
})

const workPlan = z.object({
  content: object,
  revision: z.int(),
  authors: z.array(text),
  review: z
    .object({ verdict: z.enum(['approved', 'rejected']), comments: text, by: text, at })
    .exactOptional(),
})

const decision = z.object({
  role,
  decision: z.enum(['go', 'no-go']),
  by: text,
  at,
  rationale: text,
  overrides: z.array(override),
  unchangedBecause: text.exactOptional(),
  evidence: z.array(text),
  relaxed: text.exactOptional(),
  proof: z.enum(PROOF_METHODS).exactOptional(),
})

const action = z.object({
  id: text,
  kind: z.enum(['do', 'consult', 'verify']),
  title: text,
  owners: z.array(text),
  due: at,
  asked: z.array(text).exactOptional(),
  inputs: z.array(text).exactOptional(),
  closed: z.object({ by: text, at, note: text, evidence: text.exactOptional() }).exactOptional(),
})

const attempt = z.object({
  number: z.int(),
  openedAt: at,
  because: z.enum(['first', 'no-go', 'changed', 'stale']),
  why: text,
  decisions: z.array(decision),
  outcome: z.enum(['go', 'no-go']).exactOptional(),
  notApplicable: text.exactOptional(),
  output: object.exactOptional(),
  revision: z.int().exactOptional(),
  failureActions: z.array(action),
})

const step = z.object({
  number: z.int(),
  output: object,
  revision: z.int(),
  checks: z.array(
    z.object({
      check: text,
      state: z.enum(['pass', 'fail', 'unknown']),
      findings: z.array(text),
      facts: object,
      at,
      evidence: text,
    }),
  ),
  attested: z.array(z.object({ ...attestation, check: text, by: text, at, evidence: text })),
  notApplicable: z.array(z.object({ check: text, reason: text, by: text, at })),
  attempts: z.array(attempt).min(1),
  acknowledged: z.object({ attempt: z.int(), by: text, at }).exactOptional(),
})

const review = z.object({
  group: text,
  subject: text,
  verdict: z.enum(['reviewed', 'changes_requested']),
  comment: text.exactOptional(),
  by: text,
  at,
  revisions: z.record(text, z.int()),
})

const approval = z.object({
  role,
  by: text,
  at,
  bundleHash: text,
  comment: text.exactOptional(),
  voided: z.object({ at, because: text }).exactOptional(),
  relaxed: text.exactOptional(),
  proof: z.enum(PROOF_METHODS).exactOptional(),
})

const document: z.ZodType<Run> = z.object({
  id: text,
  procedure: z.object({ id: text, version: z.int() }),
  state,
  revision: z.int(),
  startedAt: at,
  startedBy: text,
  actedAt: at.exactOptional(),
  correlationId: text.exactOptional(),
  triggers: z.array(z.object({ kind: text, state: text, source: text, phase: text.exactOptional(), at })),
  inputs: z.record(text, input),
  remediations: z.record(text, z.object({ owner: text, dueAt: at, by: text, at })).exactOptional(),
  workPlan,
  steps: z.array(step),
  authors: z.record(text, z.array(text)),
  observed: z.record(text, text),
  reviews: z.array(review),
  threads: z
    .array(
      z.object({
        id: text,
        group: text,
        subject: text,
        comments: z.array(z.object({ text, by: text, at })),
        resolved: z.object({ by: text, at, note: text }).exactOptional(),
      }),
    )
    .default([]),
  request: z.object({ bundleHash: text, by: text, at }).exactOptional(),
  lastApproved: z.object({ bundleHash: text, at }).exactOptional(),
  approvals: z.array(approval),
  schedule: z.object({ start: at.exactOptional(), by: text, at }).exactOptional(),
  abort: z
    .object({ cause: text, lessons: text, unexposed: z.array(text).default([]), by: text, at })
    .exactOptional(),
})

/** The run in a stored document. Throws a ZodError where it is none. */
export function parseRun(stored: unknown): Run {
  return document.parse(stored)
}
