/**
 * One step of a run on the wire, and the two things that every answer about a run carries:
 * what blocks it and what may be done next.
 */
import { z } from 'zod'

import { ProofMethod } from './proof-method.ts'
import { Instant } from './shapes.ts'

export const Blocker = z
  .object({
    code: z.string(),
    message: z.string().describe('What is missing, in one sentence.'),
    remedy: z.string(),
    who: z.array(z.string()).describe('People who can clear it; empty means anybody who may write.'),
    role: z.string().nullable().describe('The role that they act in.'),
    step: z.int().nullable(),
  })
  .meta({ id: 'Blocker' })
export type Blocker = z.infer<typeof Blocker>

export const NextAction = z
  .object({
    title: z.string(),
    who: z.array(z.string()),
    role: z.string().nullable(),
    method: z.enum(['GET', 'POST', 'PUT']),
    path: z.string().describe('The request, with project and run filled in.'),
    command: z.string().describe('The same as a command.'),
  })
  .meta({ id: 'NextAction' })
export type NextAction = z.infer<typeof NextAction>

const CHECK_STATES = ['pass', 'fail', 'unknown', 'not_applicable', 'not_in_this_version'] as const

const Attested = z.object({
  check: z.string(),
  statement: z.string(),
  reference: z.string(),
  by: z.string(),
  at: Instant,
  evidence: z.string(),
})

export const Check = z
  .object({
    id: z.string(),
    title: z.string(),
    required: z.boolean(),
    availability: z.enum(['available', 'not_in_this_version']),
    mayBeNotApplicable: z.boolean(),
    state: z.enum(CHECK_STATES).describe('`unknown` and `not_in_this_version` are never pass.'),
    findings: z.array(z.string()),
    facts: z.record(z.string(), z.unknown()).describe('The numbers behind the state.'),
    evidence: z.string().nullable().describe('Hash of the stored result.'),
    at: Instant.nullable().describe('When it ran; null where it has not.'),
    attested: Attested.nullable(),
    notApplicable: z.object({ by: z.string(), at: Instant, reason: z.string() }).nullable(),
    blocksGo: z.boolean(),
  })
  .meta({ id: 'Check' })
export type Check = z.infer<typeof Check>

const StepDecision = z.object({
  role: z.string(),
  decision: z.enum(['go', 'no-go']),
  by: z.string(),
  at: Instant,
  rationale: z.string(),
  overrides: z.array(z.object({ check: z.string(), reason: z.string() })),
  unchangedBecause: z.string().nullable(),
  evidence: z.array(z.string()),
  relaxed: z.string().nullable().describe("Why the author of the step's output could decide it."),
  proof: ProofMethod.nullable().describe('How the signer showed who they are, where the policy asks for it.'),
})

export const Action = z
  .object({
    id: z.string(),
    kind: z.enum(['do', 'consult', 'verify']),
    title: z.string(),
    owners: z.array(z.string()),
    due: Instant,
    asked: z.array(z.string()).describe('With `consult`: people and groups who are asked.'),
    inputs: z.array(z.string()).describe('With `verify`: inputs that must pass their check.'),
    closed: z
      .object({ by: z.string(), at: Instant, note: z.string(), evidence: z.string().nullable() })
      .nullable(),
  })
  .describe('What a No-Go asks for; the next attempt is not decided before it is closed.')
  .meta({ id: 'Action' })
export type Action = z.infer<typeof Action>

const Attempt = z.object({
  number: z.int(),
  openedAt: Instant,
  because: z.string().describe('first, no-go, changed or stale, and why.'),
  outcome: z.enum(['go', 'no-go']).nullable(),
  decisions: z.array(StepDecision),
  failureActions: z.array(Action),
  output: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('What was decided upon; null while undecided.'),
})

export const StepSummary = z.object({
  number: z.int(),
  id: z.string(),
  title: z.string(),
  state: z.enum(['locked', 'open', 'go', 'stale', 'not_applicable']),
  attempt: z.int(),
  revision: z.int(),
  decidedBy: z.array(z.string()),
  overrides: z.array(z.object({ check: z.string(), reason: z.string(), by: z.string() })),
  attested: z.int().describe('How many checks stand on attested evidence.'),
})

export const Step = StepSummary.extend({
  purpose: z.string(),
  inputs: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.string(),
      from: z
        .string()
        .nullable()
        .describe('Where it came from: who gave it, when, and where it is kept; or whose Go it is.'),
    }),
  ),
  actions: z.array(z.string()),
  outputs: z.array(
    z.object({ field: z.string(), title: z.string(), required: z.boolean(), filled: z.boolean() }),
  ),
  output: z.record(z.string(), z.unknown()),
  checks: z.array(Check),
  question: z.string(),
  deciders: z.array(z.object({ role: z.string(), people: z.array(z.string()) })),
  decideAll: z.boolean().describe('Whether each of the roles must decide, or one of them.'),
  failure: z.object({ failure: z.string(), actions: z.array(z.string()), retry: z.string() }),
  attempts: z.array(Attempt),
  blockers: z.array(Blocker),
  nextActions: z.array(NextAction),
}).meta({ id: 'Step' })
export type Step = z.infer<typeof Step>
