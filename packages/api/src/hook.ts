/**
 * Hooks on the wire: how code, data and infrastructure are put back by somebody else, and their runs.
 *
 * A hook is never changed: an edit makes its next version. Secrets are written and never read again.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Id, Instant, Key, Line, list, QueryNumber, Text } from './shapes.ts'

const HttpUrl = z
  .string()
  .max(2_000)
  .regex(/^https?:\/\/[^\s]+$/, 'Use an http or https address; names in braces are filled in.')
const Program = z
  .string()
  .max(500)
  .regex(/^\/[^\s]*$/, 'Use the whole path of a program, as the setting FLAGMARSHAL_HOOK_PROGRAMS lists it.')
const Args = z
  .array(z.string().max(2_000))
  .max(50)
  .default([])
  .describe(
    'Passed as they are, without a shell. {version} {project} {feature} {flag} {environment} {hook} {key} {phase} are filled in.',
  )

const Command = z.strictObject({ kind: z.literal('command'), program: Program, args: Args })

const Action = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('http'), url: HttpUrl })
      .describe('A POST that is signed as Standard Webhooks says; the body names the phase.'),
    Command,
    z
      .strictObject({
        kind: z.literal('github'),
        api: HttpUrl.default('https://api.github.com'),
        repository: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'Use owner/name.'),
        workflow: z
          .string()
          .regex(/^[\w.-]{1,200}$/, 'Use the file name of the workflow, like rollback.yml.'),
        ref: Line.default('main'),
        inputs: z.record(z.string().regex(/^[\w-]{1,100}$/), z.string().max(2_000)).default({}),
      })
      .describe(
        'Dispatches a workflow and waits for its end; one input must hold {key}, and `run-name` show it.',
      ),
  ])
  .describe('How it is asked.')

const Probe = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('http'),
      url: HttpUrl,
      status: z.int().min(100).max(599).default(200),
      contains: z.string().min(1).max(500).exactOptional(),
    }),
    Command,
  ])
  .describe('What shows that it worked; asked until it does or the time is over.')

const Target = z.strictObject({
  action: Action,
  probe: Probe.exactOptional(),
  budgetMs: z.int().min(1_000).max(3_600_000).default(300_000).describe('For each phase.'),
})

const definition = {
  part: z.enum(['code', 'data', 'infrastructure']),
  title: Line,
  production: Target,
  staging: z
    .union([Target, z.strictObject({ none: Text })])
    .describe('Where it is really tried out, or why there is no such place.'),
}
const secret = z
  .string()
  .min(1)
  .max(4_000)
  .exactOptional()
  .describe(
    'http: `whsec_…` that signs. github: a token. command: passed as HOOK_SECRET. Written, never shown.',
  )

export const NewHook = z.strictObject({ key: Key, ...definition, secret }).meta({ id: 'NewHook' })
export type NewHook = z.infer<typeof NewHook>

export const ChangedHook = z.strictObject({ ...definition, secret }).meta({ id: 'ChangedHook' })
export type ChangedHook = z.infer<typeof ChangedHook>

export const Hook = z
  .strictObject({
    key: Key,
    revision: z.int().describe('The version. An edit makes the next one; this one stays as it is.'),
    hash: z.string(),
    ...definition,
    hasSecret: z.boolean(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .meta({ id: 'Hook' })
export type Hook = z.infer<typeof Hook>

const Phase = z.enum(['dry-run', 'probe', 'plan', 'verify', 'apply'])
const DataResult = z.strictObject({
  reversible: z.boolean(),
  rows: z.number(),
  checksumBefore: z.string(),
  checksumAfter: z.string(),
  durationMs: z.number(),
})
const PhaseDone = z.strictObject({
  phase: Phase,
  at: Instant,
  ms: z.number(),
  ok: z.boolean(),
  said: z.string(),
  result: DataResult.exactOptional(),
  link: z.string().exactOptional(),
})

export const HookRun = z
  .strictObject({
    id: Id.describe('Also the {key} that the other side can tell a repeat by.'),
    project: Key,
    hook: Key,
    version: z.int(),
    part: z.enum(['code', 'data', 'infrastructure']),
    mode: z.enum(['dry-run', 'run']),
    target: z.enum(['production', 'staging']),
    purpose: z.enum(['rollback', 'drill', 'trial']),
    subject: Id.nullable().describe('The rollback or drill that it belongs to.'),
    goesBackTo: z.string(),
    state: z
      .enum(['waiting', 'running', 'awaiting_confirmation', 'watching', 'succeeded', 'failed'])
      .describe('`awaiting_confirmation`: data is planned and verified; a person must confirm that plan.'),
    phases: z.array(PhaseDone),
    begun: z.strictObject({ phase: Phase, at: Instant }).nullable().describe('The phase that is under way.'),
    repeats: z
      .int()
      .describe('Phases that were begun again, with the same key, because the server that ran them ended.'),
    plan: z
      .strictObject({ hash: z.string(), ...DataResult.shape })
      .nullable()
      .describe('What a data hook would do; its hash is what a person confirms.'),
    confirmed: z.strictObject({ plan: z.string(), by: z.string(), at: Instant }).nullable(),
    watch: z
      .strictObject({
        everyMs: z.number(),
        forMs: z.number(),
        until: Instant.nullable(),
        count: z.int(),
        looks: z.array(PhaseDone).describe('The latest.'),
      })
      .nullable(),
    problem: z.string().nullable(),
    startedBy: z.string(),
    startedAt: Instant,
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'HookRun' })
export type HookRun = z.infer<typeof HookRun>

export const RunHook = z
  .strictObject({
    mode: z.enum(['dry-run', 'run']),
    target: z
      .enum(['production', 'staging'])
      .describe('In production only a dry run; what is run there belongs to a rollback.'),
    goBackTo: Line.describe('The version that is gone back to.'),
    feature: Key.exactOptional(),
  })
  .meta({ id: 'RunHook' })
export type RunHook = z.infer<typeof RunHook>

export const ConfirmHookRun = z
  .strictObject({ plan: z.string().regex(/^[0-9a-f]{64}$/, 'Use the hash of the plan.') })
  .meta({ id: 'ConfirmHookRun' })

const hooks = '/api/v1/projects/{project}/hooks'
const inProject = z.strictObject({ project: Key })
const ofHook = inProject.extend({ hook: Key })
const ofRun = inProject.extend({ hookRun: Id })

export const hookOperations = {
  listHooks: operation({
    method: 'GET',
    path: hooks,
    summary: 'List the hooks of a project, each in its newest version.',
    can: 'procedure:read',
    params: inProject,
    success: { status: 200, body: list(Hook) },
  }),
  createHook: operation({
    method: 'POST',
    path: hooks,
    summary: 'Create a hook.',
    can: 'project:write',
    params: inProject,
    body: NewHook,
    success: { status: 201, body: Hook },
    idempotent: true,
  }),
  getHook: operation({
    method: 'GET',
    path: `${hooks}/{hook}`,
    summary: 'Show a hook in its newest version, or in one that is named.',
    can: 'procedure:read',
    params: ofHook,
    query: z.strictObject({ version: QueryNumber.optional() }),
    success: { status: 200, body: Hook },
  }),
  changeHook: operation({
    method: 'PUT',
    path: `${hooks}/{hook}`,
    summary: 'Make the next version of a hook. What was approved goes on to run the version that it names.',
    can: 'project:write',
    params: ofHook,
    body: ChangedHook,
    ifMatch: true,
    success: { status: 200, body: Hook },
  }),
  runHook: operation({
    method: 'POST',
    path: `${hooks}/{hook}/runs`,
    summary: 'Try a hook out: a dry run, or really on staging. Read its progress until it has ended.',
    can: 'procedure:write',
    params: ofHook,
    body: RunHook,
    success: { status: 202, body: HookRun },
    idempotent: true,
  }),
  listHookRuns: operation({
    method: 'GET',
    path: `${hooks}/{hook}/runs`,
    summary: 'List the runs of a hook, newest first.',
    can: 'procedure:read',
    params: ofHook,
    success: { status: 200, body: list(HookRun) },
  }),
  showHookRun: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/hook-runs/{hookRun}',
    summary: 'Show how far the run of a hook has come.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: HookRun },
  }),
  confirmHookRun: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/hook-runs/{hookRun}/confirm',
    summary: 'Confirm the plan of a data hook by its hash; only with a personal token.',
    can: 'procedure:decide',
    params: ofRun,
    body: ConfirmHookRun,
    success: { status: 202, body: HookRun },
  }),
} as const
