/**
 * Rollouts that are ready to start: a project, a flag, a plan whose approval the test holds in its
 * hand, and waiting for what the rollout does.
 */
import type { FlagConfigChange } from '@flagmarshal/api/flag'
import type { Rollout, RolloutDecision } from '@flagmarshal/api/rollout'
import { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import type { RolloutPlanInput } from '@flagmarshal/api/rollout-plan'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { RolloutPorts } from '@flagmarshal/server/rollout/ports'

import { expectOk } from '../../../../tests/support/server.ts'
import type { TestServer } from '../../../../tests/support/server.ts'
import { newFlag } from './flags.ts'

/** Short windows, little to observe, everybody in two increments, judged against a ceiling of 5 %. */
export const QUICK: RolloutPlanInput = {
  treatment: 'on',
  control: 'off',
  windowMs: 200,
  observeWindows: 5,
  stages: [{ name: 'everybody', increments: [50, 100], bakeMs: 2_000, maxMs: 600_000 }],
  criteria: [
    { id: 'errors', role: 'guardrail', source: { kind: 'telemetry', counts: 'bad' }, ceiling: 0.05 },
  ],
  phi: 2,
  phiReason: 'a test',
  absoluteOnly: { by: 'a test', reason: 'below the ceiling is enough' },
  holdback: 0,
  watchMs: 0,
  demo: true,
}

/** Runs whose approval a test gives and takes. */
export interface Approvals extends RolloutPorts {
  /** Approves a plan; the run is named after the flag. */
  approve(flag: string, plan?: RolloutPlanInput, startAt?: Date): string
  /** The flag system cannot be reached for it, or can again. */
  unfit(run: string, is: boolean): void
  /** The calendar is closed for it, or open again. */
  close(run: string, is: boolean): void
  /** Another plan is approved for the run now. */
  change(run: string, plan: RolloutPlanInput): void
  /** It is void by the time that a transaction asks. */
  revokeInside(run: string): void
  /** The approval does not hold any more. */
  revoke(run: string): void
  /** Asking for it fails, or does not any more. */
  fail(run: string, fails: boolean): void
}

/** Nothing is approved yet. */
export function createApprovals(): Approvals {
  const runs = new Map<string, Awaited<ReturnType<RolloutPorts['loadApprovedPlan']>>>()
  const failing = new Set<string>()
  const inside = new Set<string>()
  const voided = refuse('approval-void', 'The approval does not hold.', 'Have it approved.')
  /** Puts a reason why it must not start, or takes it away. */
  function obstruct(run: string, name: 'unfit' | 'closed', code: string | undefined): void {
    const before = runs.get(run)
    if (before === undefined || isRefusal(before)) throw new Error(`${run} is not approved`)
    const { [name]: _, ...free } = before
    const obstacle = code === undefined ? {} : { [name]: refuse(code, 'A test.', 'Put it right.') }
    runs.set(run, { ...free, ...obstacle })
  }
  return {
    loadApprovedPlan(queries, _, run) {
      if (failing.has(run)) return Promise.reject(new Error('a test'))
      const gone = inside.has(run) && queries.isTransaction
      return Promise.resolve(gone ? voided : (runs.get(run) ?? voided))
    },
    revokeInside: (run) => void inside.add(run),
    approve(flag, plan = QUICK, startAt) {
      const run = `run_${flag.replaceAll(/[^a-z0-9]/g, '')}`
      const parsed = RolloutPlan.parse(plan)
      const approved = { feature: flag, flag, plan: parsed, bundleHash: `hash of ${run}` }
      runs.set(run, startAt === undefined ? approved : { ...approved, startAt })
      return run
    },
    unfit: (run, is) => obstruct(run, 'unfit', is ? 'flag-system-inaccessible' : undefined),
    close: (run, is) => obstruct(run, 'closed', is ? 'start-is-closed' : undefined),
    change(run, plan) {
      const before = runs.get(run)
      if (before === undefined || isRefusal(before)) throw new Error(`${run} is not approved`)
      const bundleHash = `${before.bundleHash}, changed`
      runs.set(run, { ...before, plan: RolloutPlan.parse(plan), bundleHash })
    },
    revoke: (run) => void runs.delete(run),
    fail: (run, fails) => void (fails ? failing.add(run) : failing.delete(run)),
  }
}

/** A project of its own with one flag that is off: instances of another test would be waited for. */
export interface Place {
  readonly server: Pick<TestServer, 'address' | 'admin'>
  readonly project: string
  readonly flag: string
  /** An SDK key of the environment `production`. */
  readonly key: string
}

/** Makes the project and the flag, both named so. */
export async function place(
  server: Pick<TestServer, 'address' | 'admin' | 'sdkKey'>,
  name: string,
): Promise<Place> {
  // Not protected: an edit from outside needs no approved plan of its own.
  const environments = [{ key: 'production', name: 'Production', protected: false }]
  expectOk(await server.admin.call('createProject', { body: { key: name, name, environments } }))
  expectOk(await server.admin.call('createFlag', { params: { project: name }, body: newFlag(name) }))
  return { server, project: name, flag: name, key: await server.sdkKey(name, 'production') }
}

/** A feature of the same name as the flag, so that something can be reported about it. */
export async function addFeature({ server, project, flag }: Place & { server: TestServer }): Promise<void> {
  const developer = await server.person('developer')
  const holds = async (role: 'technical-lead' | 'operations-lead' | 'product-owner') => [
    (await server.person(role)).id,
  ]
  const body = {
    key: flag,
    name: flag,
    team: 'shop',
    ticket: { none: 'a test' },
    roles: {
      technicalLead: await holds('technical-lead'),
      operationsLead: await holds('operations-lead'),
      productOwner: await holds('product-owner'),
    },
    flag,
    layers: ['backend' as const],
  }
  expectOk(await developer.client.call('createFeature', { params: { project }, body }))
}

/** Starts the rollout of a run; answers its id. */
export async function start({ server, project }: Place, run: string): Promise<string> {
  return expectOk(await server.admin.call('startRollout', { params: { project }, body: { run } })).id
}

export async function show({ server, project }: Place, rollout: string): Promise<Rollout> {
  return expectOk(await server.admin.call('showRollout', { params: { project, rollout } }))
}

export async function decisions({ server, project }: Place, rollout: string): Promise<RolloutDecision[]> {
  return expectOk(await server.admin.call('listRolloutDecisions', { params: { project, rollout } })).items
}

/** What the flag serves in production. */
export async function served({ server, project, flag }: Place) {
  const params = { project, flag, environment: 'production' }
  return expectOk(await server.admin.call('getFlagConfig', { params }))
}

/** Puts the flag's configuration back as it is, but for the change. */
export async function edit(
  at: Place,
  change: { readonly enabled?: boolean; readonly fallthrough?: { variant: string } },
) {
  const { enabled, offVariant, fallthrough, revision } = await served(at)
  const params = { project: at.project, flag: at.flag, environment: 'production' }
  // The rollout's own rule may be left out: it stays.
  const body = { enabled, offVariant, rules: [], fallthrough, ...change } as FlagConfigChange
  return expectOk(await at.server.admin.call('configureFlag', { params, body, ifMatch: revision }))
}

/** The first moment at which the rollout is as wanted; fails with where it stands after the limit. */
export async function until(
  at: Place,
  id: string,
  wanted: (rollout: Rollout) => boolean,
  limitMs = 100_000,
): Promise<Rollout> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const rollout = await show(at, id)
    if (wanted(rollout)) return rollout
    if (Date.now() > deadline) {
      const log = (await decisions(at, id)).map((it) => `${it.seq} ${it.kind}: ${it.sentence}`)
      const verdicts = rollout.verdicts.map((it) => it.sentence)
      throw new Error(
        [`it is ${rollout.state}: ${rollout.status}`, ...verdicts, ...log, JSON.stringify(rollout)].join(
          '\n',
        ),
      )
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
  }
}
