/**
 * Trying the hooks of step 5 in a drill: each is really run on staging, where there is one, and verified
 * (P-S5-9). Data waits there for a person who confirms its plan, because only a person may have it applied;
 * where that was done before, it is planned and verified. In production each is tried without changing anything.
 */
import type { HookName } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { DrilledHook } from '@flagmarshal/domain/rollback/drill'
import { planHash } from '@flagmarshal/domain/rollback/hook-run'

import { requestHookRun } from '../hook/request.ts'
import { sha256 } from '../id.ts'
import { selectHookRun, selectProvenHooks } from '../storage/hook-runs.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'
import { selectHook } from '../storage/hooks.ts'
import type { Exercise } from '../verification/exercises.ts'

/** The hooks that are drilled, and what they go back to. */
export interface DrilledHooks {
  readonly hooks: readonly HookName[]
  readonly goBackTo: string
}

/** Beyond the time budget of each phase. */
const MARGIN_MS = 30_000
const PHASES = 3
/** How long a drill waits for the person who confirms the plan of a data hook. */
const CONFIRM_MS = 15 * 60_000

/** Tries them, one after the other. */
export async function drillHooks(
  exercise: Exercise,
  { hooks, goBackTo }: DrilledHooks,
): Promise<readonly DrilledHook[]> {
  const { database, row } = exercise
  const drilled: DrilledHook[] = []
  for (const { key: hook, version } of hooks) {
    const definition = (await selectHook(database.kysely, { project: row.project, hook }, version))
      ?.definition
    const staged = definition !== undefined && !('none' in definition.staging)
    const known = definition?.part === 'data' && (await ranOnStaging(exercise, hook, version))
    const mode = known ? ('dry-run' as const) : ('run' as const)
    const tries = [
      ...(staged ? [{ target: 'staging' as const, mode }] : []),
      { target: 'production' as const, mode: 'dry-run' as const },
    ]
    for (const it of tries) {
      const done = await tryOne(exercise, { hook, version, goBackTo, ...it })
      await exercise.note(`hook ${hook}, ${it.mode} on ${it.target}: ${done.said}`)
      drilled.push(done)
    }
  }
  return drilled
}

async function tryOne(
  exercise: Exercise,
  it: Pick<DrilledHook, 'hook' | 'version' | 'mode' | 'target'> & { readonly goBackTo: string },
): Promise<DrilledHook> {
  const { database, row } = exercise
  const { goBackTo, ...named } = it
  const parameters = { version: goBackTo, feature: row.feature, flag: row.flag, environment: it.target }
  const asked = await database.transaction((tx) =>
    requestHookRun(tx, exercise.context(), {
      ...named,
      project: row.project,
      purpose: 'drill',
      subject: row.id,
      dedupKey: `${row.id}/${it.hook}/${it.version}/${it.target}`,
      parameters,
    }),
  )
  if (isRefusal(asked)) return { ...named, run: null, ok: false, said: asked.message }
  const hook = await selectHook(database.kysely, { project: row.project, hook: it.hook }, it.version)
  const target = hook?.definition[it.target]
  const budgetMs = target === undefined || 'none' in target ? 0 : target.budgetMs
  const reached = (states: readonly HookRunRow['state'][], withinMs: number) =>
    exercise.until(async () => {
      const run = await selectHookRun(database.kysely, row.project, asked.id)
      return run !== undefined && states.includes(run.state) ? run : undefined
    }, withinMs)
  const withinMs = PHASES * budgetMs + MARGIN_MS
  const first = await reached([...ENDED, 'awaiting_confirmation'], withinMs)
  if (first?.state !== 'awaiting_confirmation') return { ...named, run: asked.id, ...whatBecame(first) }
  await exercise.note(
    `hook ${it.hook} has a plan for ${it.target} and waits for a person: flagmarshal hook confirm ${asked.id} --plan ${planHash(first.phases, sha256)}`,
  )
  const confirmed = await exercise.until(async () => {
    const run = await selectHookRun(database.kysely, row.project, asked.id)
    return run?.confirmed === null ? undefined : run
  }, CONFIRM_MS)
  if (confirmed === undefined)
    return { ...named, run: asked.id, ok: false, said: 'nobody confirmed its plan in time' }
  return { ...named, run: asked.id, ...whatBecame(await reached(ENDED, withinMs)) }
}

const ENDED: readonly HookRunRow['state'][] = ['succeeded', 'failed']

function whatBecame(ended: HookRunRow | undefined): Pick<DrilledHook, 'ok' | 'said'> {
  if (ended === undefined) return { ok: false, said: 'it had not ended in time' }
  const said = ended.problem ?? ended.phases.at(-1)?.said ?? ended.state
  return { ok: ended.state === 'succeeded', said }
}

async function ranOnStaging({ database, row }: Exercise, hook: string, version: number): Promise<boolean> {
  const proven = await selectProvenHooks(database.kysely, row.project)
  return proven.some(
    (it) => it.hook === hook && it.version === version && it.mode === 'run' && it.target === 'staging',
  )
}
