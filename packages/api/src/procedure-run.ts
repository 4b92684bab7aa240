/**
 * What the procedure answers: features, runs, bundles, gates.
 */
import { z } from 'zod'

import { BrokenGlass } from './broken-glass.ts'
import { Action, Blocker, NextAction, StepSummary } from './procedure-step.ts'
import { Layer, WorkPlan } from './procedure-write.ts'
import { ProofMethod } from './proof-method.ts'
import { Sighting } from './reference.ts'
import { Instant, Text } from './shapes.ts'

export const Feature = z
  .object({
    project: z.string(),
    key: z.string(),
    name: z.string(),
    team: z.string(),
    ticket: z.union([
      z.object({
        key: z.string(),
        url: z.string(),
        seen: z
          .object({ title: z.string(), at: Instant })
          .exactOptional()
          .describe('What Jira said of it when the feature was registered; absent where none is connected.'),
      }),
      z.object({ none: z.string() }),
    ]),
    stakeholders: z.array(z.string()),
    roles: z.object({
      technicalLead: z.array(z.string()),
      operationsLead: z.array(z.string()),
      productOwner: z.array(z.string()),
    }),
    flag: z.string(),
    layers: z.array(Layer),
    createdAt: Instant,
    createdBy: z.string(),
    latestRun: z.object({ id: z.string(), state: z.string() }).nullable(),
  })
  .meta({ id: 'Feature' })
export type Feature = z.infer<typeof Feature>

export const RUN_STATES = [
  'draft',
  'halted',
  'open',
  'awaiting_approval',
  'approved',
  'completed',
  'reopened',
  'aborted',
] as const

const InputView = z.object({
  id: z.string(),
  title: z.string(),
  state: z
    .enum(['provided', 'missing', 'failing', 'unknown', 'coming_due'])
    .describe('`unknown`: given, but it cannot be looked at, which is never a pass.'),
  checked: z.enum(['machine', 'attested', 'overridden']).nullable(),
  findings: z.array(z.string()),
  value: z.unknown().nullable(),
  by: z.string().nullable(),
  at: Instant.nullable(),
  attestation: z.object({ statement: z.string(), reference: z.string() }).nullable(),
  sightings: z.array(Sighting).describe('What was seen at its references when they were accepted.'),
  override: z.object({ by: z.string(), at: Instant, reason: z.string() }).nullable(),
  remediation: z.object({
    id: z.string(),
    path: z.string(),
    owners: z.array(z.string()),
    dueAt: Instant.nullable().describe('While it is missing, failing or unknown.'),
  }),
  usedBy: z.array(z.int()).describe('The steps that need it.'),
})

const WorkPlanView = z.object({
  content: z.strictObject({ ...WorkPlan.shape, unknowns: z.array(Text) }),
  revision: z.int(),
  hash: z.string(),
  authors: z.array(z.string()),
  review: z
    .object({ verdict: z.enum(['approved', 'rejected']), comments: z.string(), by: z.string(), at: Instant })
    .nullable(),
})

const Approval = z.object({
  role: z.string(),
  signs: z.string(),
  by: z.string(),
  at: Instant,
  bundleHash: z.string(),
  comment: z.string().nullable(),
  relaxed: z
    .string()
    .nullable()
    .describe('Why an author, or somebody who approved in another role, could give it.'),
  proof: ProofMethod.nullable().describe('How the signer showed who they are, where the policy asks for it.'),
  voided: z.object({ at: Instant, because: z.string() }).nullable(),
})

const Milestone = z
  .object({
    id: z.string(),
    title: z.string(),
    reached: z.boolean(),
    since: Instant.nullable(),
    evidence: z.array(z.string()).describe('Hashes of evidence; of the bundle, for an approval.'),
  })
  .describe('A state change that others rely on (P-O4).')

const ContractLine = z
  .object({
    id: z.string(),
    title: z.string(),
    verdict: z
      .enum(['not_met', 'unknown', 'overridden', 'attested', 'not_applicable', 'met'])
      .describe('`attested` and `overridden` stand on a word or a decision; they are never `met`.'),
    why: z.array(z.string()),
    evidence: z.array(z.string()),
  })
  .meta({ id: 'ContractLine' })

const Exit = z
  .object({
    state: z.enum(['completed', 'blocked', 'aborted']),
    since: Instant,
    reason: z.string(),
    requiredAction: z.string().describe('Empty where nothing is left to do.'),
    notify: z.array(z.string()).describe('Who is told.'),
    told: z
      .array(
        z.object({
          name: z.string(),
          state: z
            .enum(['delivered', 'waiting', 'failed', 'nobody'])
            .describe('`nobody`: no channel takes the signal and no mailbox is known.'),
          how: z
            .enum(['personal', 'shared', 'none'])
            .describe('`personal`: by mail to this name alone. `shared`: by channels that others read too.'),
          channels: z.array(z.string()),
          why: z.string().nullable().describe('What the last attempt ran into.'),
          evidence: z.array(z.string()).describe('Hashes of what is kept of the deliveries.'),
        }),
      )
      .describe('What became of telling each of them (P-EX4).'),
    status: z.string(),
  })
  .meta({ id: 'Exit' })

const Link = z.object({
  kind: z.enum(['ticket', 'flag', 'monitoring', 'documents', 'approvals']),
  title: z.string(),
  address: z.string(),
})

export const Run = z
  .object({
    id: z.string(),
    project: z.string(),
    feature: z.string(),
    flag: z.string(),
    procedure: z.object({ id: z.string(), version: z.int() }),
    state: z.enum(RUN_STATES),
    step: z.int().nullable().describe('The step that the run stands at.'),
    waitsFor: z
      .enum([
        'inputs',
        'work-plan',
        'decision',
        'acknowledgement',
        'review',
        'approval',
        'schedule',
        'nothing',
      ])
      .describe('What moves the run next.'),
    status: z.string().describe('Where it stands, in one sentence.'),
    revision: z.int(),
    startedAt: Instant,
    startedBy: z.string(),
    correlationId: z.string().nullable(),
    triggers: z.array(z.record(z.string(), z.unknown())),
    milestones: z.array(Milestone),
    exit: Exit.nullable().describe('Null while the run is on its way.'),
    validation: z.array(ContractLine).describe('How the outputs are verified (P-V1, P-V2).'),
    done: z.array(ContractLine).describe('The definition of done (P-DoD).'),
    links: z.array(Link).describe('Where everything is found (P-A1).'),
    inputs: z.array(InputView),
    workPlan: WorkPlanView,
    steps: z.array(StepSummary),
    reviews: z.array(
      z.object({
        group: z.string(),
        subject: z.string(),
        title: z.string(),
        state: z.enum(['open', 'reviewed', 'changes_requested']),
        by: z.string().nullable(),
        comment: z.string().nullable(),
      }),
    ),
    threads: z
      .array(
        z.object({
          id: z.string(),
          group: z.string(),
          subject: z.string(),
          comments: z.array(z.object({ text: z.string(), by: z.string(), at: Instant })),
          resolved: z.object({ by: z.string(), at: Instant, note: z.string() }).nullable(),
        }),
      )
      .describe('Comments of the final review; nobody approves before each is resolved.'),
    brokenGlass: z.array(BrokenGlass).describe('Gates that were passed in an emergency.'),
    approvalRequest: z.object({ bundleHash: z.string(), by: z.string(), at: Instant }).nullable(),
    approvals: z.array(Approval),
    schedule: z.object({ start: Instant.nullable(), by: z.string(), at: Instant }).nullable(),
    abort: z
      .object({
        cause: z.string(),
        lessons: z.string(),
        unexposed: z.array(z.string()).describe('What shows that nothing must be rolled back.'),
        by: z.string(),
        at: Instant,
      })
      .nullable(),
    actions: z
      .array(Action.extend({ step: z.int(), attempt: z.int() }))
      .describe('What every No-Go asked for.'),
    relaxations: z
      .array(z.string())
      .describe('What was decided or approved under a policy for too few people.'),
    blockers: z.array(Blocker),
    nextActions: z.array(NextAction),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

export const Bundle = z
  .object({
    hash: z.string(),
    approvedHash: z.string().nullable(),
    approved: z.boolean().describe('Whether the present bundle is the approved one.'),
    differs: z.array(z.string()).describe('JSON Pointers at which it differs from the approved one.'),
    bundle: z.record(z.string(), z.unknown()),
    approvedBundle: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('The content that was approved last.'),
  })
  .meta({ id: 'Bundle' })
export type Bundle = z.infer<typeof Bundle>

export const NamedOutput = z
  .object({
    name: z.string(),
    project: z.string(),
    feature: z.string(),
    run: z.string(),
    hash: z.string().describe('SHA-256 of the canonical content.'),
    state: z
      .enum(['approved', 'not_approved'])
      .describe('Whether exactly this is what the three roles approved.'),
    bundleHash: z.string().describe('The bundle that it is a part of now.'),
    approvals: z.array(z.object({ role: z.string(), by: z.string(), at: Instant })),
    content: z.record(z.string(), z.unknown()),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the content.'),
  })
  .meta({ id: 'NamedOutput' })
export type NamedOutput = z.infer<typeof NamedOutput>

export const Gate = z
  .object({
    gate: z.string(),
    open: z.boolean(),
    state: z.string().describe("The run's state, or `no-run`."),
    run: z.string().nullable(),
    notes: z
      .array(z.string())
      .describe('What must be known of an open gate: relaxed policies, broken glass.'),
    blockers: z.array(Blocker),
    nextActions: z.array(NextAction),
  })
  .meta({ id: 'Gate' })
export type Gate = z.infer<typeof Gate>

export const ProcedureDefinition = z
  .object({
    id: z.string(),
    version: z.int(),
    name: z.string(),
    status: z.enum(['draft', 'active', 'retired']),
    owner: z.string(),
    source: z.object({ document: z.string(), sha256: z.string() }).describe('The document it was made from.'),
    related: z
      .array(z.object({ name: z.string(), address: z.string().nullable() }))
      .describe('The procedures that it names, and where each is found.'),
  })
  .catchall(z.unknown())
  .meta({ id: 'ProcedureDefinition' })
export type ProcedureDefinition = z.infer<typeof ProcedureDefinition>

export const EvidenceView = z
  .object({
    hash: z.string(),
    kind: z.string(),
    run: z.string(),
    step: z.int().nullable(),
    at: Instant,
    by: z.string(),
    content: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Evidence' })
export type EvidenceView = z.infer<typeof EvidenceView>

export const EvidenceSummary = EvidenceView.omit({ content: true }).meta({ id: 'EvidenceSummary' })
export type EvidenceSummary = z.infer<typeof EvidenceSummary>
