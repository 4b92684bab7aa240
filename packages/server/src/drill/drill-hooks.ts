/**
 * Trying the hooks of step 5 in a drill: code and infrastructure are really put back on staging, where
 * there is one, and verified (P-S5-9); data is planned and verified there, because only a person may
 * have it applied. In production each is tried without changing anything.
 */
import type { HookName } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { DrilledHook } from '@flagmarshal/domain/rollback/drill'

import { requestHookRun } from '../hook/request.ts'
import { selectHookRun } from '../storage/hook-runs.ts'
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
    const mode = definition?.part === 'data' ? ('dry-run' as const) : ('run' as const)
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
  const ended = await exercise.until(
    async () => {
      const run = await selectHookRun(database.kysely, row.project, asked.id)
      return run?.state === 'succeeded' || run?.state === 'failed' ? run : undefined
    },
    PHASES * budgetMs + MARGIN_MS,
  )
  const ok = ended?.state === 'succeeded'
  const said =
    ended === undefined
      ? 'it had not ended in time'
      : (ended.problem ?? ended.phases.at(-1)?.said ?? ended.state)
  return { ...named, run: asked.id, ok, said }
}
