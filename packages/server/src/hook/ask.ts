/** Asking a hook for one phase: what it is asked, filled in, with what is left of its time. */
import { fillIn } from '@flagmarshal/domain/rollback/hook'
import type {
  HookAction,
  HookPhase,
  HookProbe,
  HookTarget,
  HookValues,
} from '@flagmarshal/domain/rollback/hook'

import type { Clock } from '../clock.ts'
import type { AskHook, HookAnswer, HookCall } from '../integrations/interfaces.ts'
import { hookOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database } from '../storage/database.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'
import { selectHook, selectHookSecret } from '../storage/hooks.ts'

type Of<T, K> = Extract<T, { readonly kind: K }>

/** The integrations, by kind. */
export interface HookInvoker {
  readonly http: AskHook<Of<HookAction, 'http'>>
  readonly command: AskHook<Of<HookAction, 'command'>>
  readonly github: AskHook<Of<HookAction, 'github'>>
  readonly probe: AskHook<Of<HookProbe, 'http'>>
}

/** Between two looks of a probe that does not yet see what it should. */
const LOOK_EVERY_MS = 1_000

type Base = Omit<HookCall<unknown>, 'action'>

/** Asks for a phase; a probe is asked until it sees what it should, or the time is over. */
export async function askPhase(
  parts: {
    readonly database: Database
    readonly clock: Clock
    readonly safe: Safe
    readonly invoke: HookInvoker
  },
  row: HookRunRow,
  of: { readonly phase: HookPhase; readonly repeated: boolean; readonly stopping: AbortSignal },
): Promise<HookAnswer> {
  const { database, clock, safe, invoke } = parts
  const { phase, repeated, stopping } = of
  const key = { project: row.project, hook: row.hook }
  const hook = await selectHook(database.kysely, key, row.version)
  const target = hook === undefined ? undefined : targetOf(hook.definition, row.target)
  if (target === undefined) return { kind: 'failed', why: 'the hook is not there any more' }
  const sealed = await selectHookSecret(database.kysely, key)
  const secret = sealed === undefined ? undefined : safe.open(sealed, hookOwner(row.project, row.hook))
  if (sealed !== undefined && secret === undefined) {
    return { kind: 'failed', why: 'its secret was encrypted with another key: give it anew' }
  }
  const values: HookValues = { ...row.parameters, project: row.project, hook: row.hook, key: row.id, phase }
  const endsAt = clock.now().getTime() + target.budgetMs
  const base: Base = {
    phase,
    part: row.part,
    id: `${row.id}_${row.phases.length + row.watch.count}`,
    key: row.id,
    repeated,
    values: { ...values },
    secret,
    left: () => Math.max(1, endsAt - clock.now().getTime()),
    sleep: (ms) => clock.sleep(ms, stopping),
    stopping,
    now: () => clock.now(),
  }
  if (phase !== 'probe') return await act(invoke, target.action, base, values)
  if (target.probe === undefined) return { kind: 'failed', why: 'it has no probe' }
  const patience = row.mode === 'dry-run' ? 'rehearse' : row.state === 'watching' ? 'once' : 'wait'
  return await look(invoke, target.probe, base, { values, patience })
}

function targetOf(
  definition: { readonly production: HookTarget; readonly staging: HookTarget | { readonly none: string } },
  target: HookRunRow['target'],
): HookTarget | undefined {
  if (target === 'production') return definition.production
  return 'none' in definition.staging ? undefined : definition.staging
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function act(
  invoke: HookInvoker,
  action: HookAction,
  base: Base,
  values: HookValues,
): Promise<HookAnswer> {
  switch (action.kind) {
    case 'http':
      return await invoke.http({
        ...base,
        action: { ...action, url: fillIn(action.url, values, encodeURIComponent) },
      })
    case 'command':
      return await invoke.command({ ...base, action: filled(action, values) })
    case 'github': {
      const inputs = Object.entries(action.inputs).map(([name, text]) => [name, fillIn(text, values)])
      const ref = fillIn(action.ref, values)
      return await invoke.github({ ...base, action: { ...action, ref, inputs: Object.fromEntries(inputs) } })
    }
  }
}

/** A watch looks once; a dry run only sees whether it answers at all, because nothing was put back. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
async function look(
  invoke: HookInvoker,
  probe: HookProbe,
  base: Base,
  { values, patience }: { readonly values: HookValues; readonly patience: 'rehearse' | 'once' | 'wait' },
): Promise<HookAnswer> {
  for (;;) {
    const answer = await lookOnce(invoke, probe, base, values)
    if (answer.kind !== 'failed' || patience === 'once') return answer
    if (patience === 'rehearse') {
      const answered = /^it (answers|ended with) /.test(answer.why)
      return answered ? { kind: 'done', said: `${answer.why}; nothing was put back yet` } : answer
    }
    if (base.stopping.aborted) return { kind: 'stopped' }
    if (base.left() <= LOOK_EVERY_MS) return answer
    await base.sleep(LOOK_EVERY_MS)
  }
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function lookOnce(
  invoke: HookInvoker,
  probe: HookProbe,
  base: Base,
  values: HookValues,
): Promise<HookAnswer> {
  if (probe.kind === 'command') return await invoke.command({ ...base, action: filled(probe, values) })
  const { contains } = probe
  const action = {
    ...probe,
    url: fillIn(probe.url, values, encodeURIComponent),
    ...(contains === undefined ? {} : { contains: fillIn(contains, values) }),
  }
  return await invoke.probe({ ...base, action })
}

function filled<T extends { readonly args: readonly string[] }>(it: T, values: HookValues): T {
  return { ...it, args: it.args.map((arg) => fillIn(arg, values)) }
}
