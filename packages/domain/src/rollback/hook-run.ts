/**
 * What comes next in the run of a hook. Code and infrastructure are applied and then probed; data goes
 * `plan → verify → apply → verify` and never further than the plan before a person has confirmed it.
 *
 * A run is what its phases have answered so far, so a server that takes it over decides the same.
 */
import { canonical } from '../audit/canonical.ts'
import type { Json } from '../audit/canonical.ts'
import type { HookPart, HookPhase } from './hook.ts'

/** What a data hook answers in each phase (P-S5-4). */
export interface DataResult {
  readonly reversible: boolean
  /** Rows that would be, or were, put back. */
  readonly rows: number
  /** Of the data before. In `verify` before applying: as they are. */
  readonly checksumBefore: string
  /** Of the data afterwards; a plan says what is expected. In `verify` after applying: as they are. */
  readonly checksumAfter: string
  readonly durationMs: number
}

/** What came of one phase. */
export interface PhaseRecord {
  readonly phase: HookPhase
  readonly at: string
  readonly ms: number
  readonly ok: boolean
  /** In one sentence. */
  readonly said: string
  readonly result?: DataResult
  /** Where it can be looked at. */
  readonly link?: string
}

/** A run as far as it has come. */
export interface HookProgress {
  readonly part: HookPart
  readonly mode: 'dry-run' | 'run'
  /** Oldest first; the repeats of the watch are not in here. */
  readonly phases: readonly PhaseRecord[]
  /** Hash of the plan that a person confirmed. */
  readonly confirmed?: string
  /** Whether anything is watched afterwards. */
  readonly watched: boolean
}

export type HookNext =
  | { readonly kind: 'phase'; readonly phase: HookPhase }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'watch' }
  | { readonly kind: 'end'; readonly state: 'succeeded' }
  | { readonly kind: 'end'; readonly state: 'failed'; readonly problem: string }

/** The phases of a run, in order; `confirm` waits for a person. */
export function phasesOf({
  part,
  mode,
}: Pick<HookProgress, 'part' | 'mode'>): readonly (HookPhase | 'confirm')[] {
  if (part === 'data') {
    return mode === 'dry-run' ? ['plan', 'verify'] : ['plan', 'confirm', 'verify', 'apply', 'verify']
  }
  return mode === 'dry-run' ? ['dry-run', 'probe'] : ['apply', 'probe']
}

/** What is to be done now. `sha256` is asked for the hash of the plan. */
export function nextOfHook(progress: HookProgress, sha256: (text: string) => string): HookNext {
  const { phases, confirmed } = progress
  const last = phases.at(-1)
  const problem = last === undefined ? undefined : faultOf(progress)
  if (problem !== undefined) return { kind: 'end', state: 'failed', problem }
  const wanted = phasesOf(progress)
  const waits = wanted.indexOf('confirm')
  const done = phases.length
  // Verified after the confirmation, however long that took: what changed meanwhile stops it in time.
  if (waits >= 0 && done === waits && confirmed !== planHash(phases, sha256)) return { kind: 'confirm' }
  const next = wanted.filter((it) => it !== 'confirm')[done]
  if (next !== undefined) return { kind: 'phase', phase: next }
  return progress.mode === 'run' && progress.watched ? { kind: 'watch' } : { kind: 'end', state: 'succeeded' }
}

/** What a person confirms: the plan without how long it took to make. Undefined before there is one. */
export function planHash(
  phases: readonly PhaseRecord[],
  sha256: (text: string) => string,
): string | undefined {
  const plan = phases.find((it) => it.phase === 'plan')?.result
  if (plan === undefined) return undefined
  const { durationMs: _, ...bound } = plan
  const json: Json = { ...bound }
  return sha256(canonical(json))
}

/** Whether a repeat of the integrity check still finds what was applied; why not. */
export function faultOfRepeat(phases: readonly PhaseRecord[], repeat: PhaseRecord): string | undefined {
  if (!repeat.ok) return repeat.said
  const applied = phases.find((it) => it.phase === 'apply')?.result
  if (applied === undefined || repeat.result === undefined) return undefined
  return repeat.result.checksumAfter === applied.checksumAfter
    ? undefined
    : 'the data are no longer what the rollback left behind'
}

function faultOf({ phases, part }: HookProgress): string | undefined {
  const last = phases.at(-1)
  if (last === undefined) return undefined
  if (!last.ok) return `${last.phase}: ${last.said}`
  if (part !== 'data') return undefined
  const plan = phases.find((it) => it.phase === 'plan')?.result
  const applied = phases.find((it) => it.phase === 'apply')?.result
  const { result } = last
  if (plan === undefined || result === undefined) return `${last.phase}: it answered no result`
  if (last.phase === 'apply') {
    if (result.rows !== plan.rows)
      return `apply: ${result.rows} rows were put back, the plan says ${plan.rows}`
    return result.checksumBefore === plan.checksumBefore
      ? undefined
      : 'apply: the data were not what the plan was made for'
  }
  if (last.phase !== 'verify') return undefined
  if (applied === undefined) {
    return result.checksumBefore === plan.checksumBefore
      ? undefined
      : 'verify: the data have changed since the plan was made'
  }
  if (result.checksumAfter !== applied.checksumAfter)
    return 'verify: the data are not what the rollback reported'
  return applied.checksumAfter === plan.checksumAfter
    ? undefined
    : 'verify: the data are not what the plan expected'
}
