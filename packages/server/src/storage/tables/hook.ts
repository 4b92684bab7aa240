/** Hooks, their runs, and what is watched after a kill. */
import type { HookDefinition, HookPart, HookPhase } from '@flagmarshal/domain/rollback/hook'
import type { PhaseRecord } from '@flagmarshal/domain/rollback/hook-run'
import type { KillCounts, KillFound } from '@flagmarshal/domain/rollback/kill-recovery'
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

/** What a run is told beside its definition. */
export interface HookParameters {
  readonly version: string
  readonly feature: string
  readonly flag: string
  readonly environment: string
}

/** A repeated look after a run. */
export interface HookWatch {
  readonly everyMs: number
  readonly forMs: number
  /** The latest looks, oldest first. */
  readonly looks: readonly PhaseRecord[]
  readonly count: number
}

export interface HookTables {
  hooks: {
    project: string
    key: string
    version: number
    definition: JsonColumn<HookDefinition>
    hash: string
    created_by: string
    created_at: Instant
  }
  hook_secrets: { project: string; key: string; secret: string }
  hook_runs: {
    id: string
    project: string
    hook: string
    version: number
    part: HookPart
    mode: 'dry-run' | 'run'
    target: 'production' | 'staging'
    purpose: 'rollback' | 'drill' | 'trial'
    subject: string | null
    dedup_key: string
    parameters: JsonColumn<HookParameters>
    state: 'waiting' | 'running' | 'awaiting_confirmation' | 'watching' | 'succeeded' | 'failed'
    phases: JsonColumn<readonly PhaseRecord[]>
    begun: JsonColumn<{ readonly phase: HookPhase; readonly at: string }> | null
    repeats: Generated<number>
    watch: JsonColumn<HookWatch>
    confirmed: JsonColumn<{ readonly plan: string; readonly by: string; readonly at: string }> | null
    problem: string | null
    due_at: Instant
    claimed_until: Instant | null
    watch_until: Instant | null
    started_by: string
    created_at: Instant
    ended_at: Instant | null
  }
  kill_watches: {
    kill: string
    project: string
    environment: string
    flag: string
    off_variant: string
    /** A drill's: nothing follows a failure of it. */
    drill: boolean
    /** How often SDKs there report. */
    flush_ms: number
    /** Requests of the minutes before: served off, and something else. */
    before: JsonColumn<{ readonly on: KillCounts; readonly off: KillCounts }>
    /** Everything that had been counted by then, by variant. */
    counted: JsonColumn<Readonly<Record<string, KillCounts>>>
    at: Instant
    state: 'recovered' | 'failed' | 'not_measured' | null
    found: JsonColumn<KillFound> | null
    settled_at: Instant | null
    followed_at: Instant | null
  }
}
