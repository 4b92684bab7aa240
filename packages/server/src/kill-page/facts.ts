/** What the kill page shows, read from the database at once. */
import type { Kill } from '@flagmarshal/api/kill'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { Prerequisite } from '@flagmarshal/evaluation'

import { getKill } from '../flag/kill.ts'
import { noConfig } from '../flag/read.ts'
import { selectUsage } from '../storage/alerts.ts'
import type { Database } from '../storage/database.ts'
import { databaseNow, selectAskingFor, selectFlag, selectFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectFlagsThatAreOn, selectLatestKill } from '../storage/kill-page.ts'
import type { FlagThatIsOn } from '../storage/kill-page.ts'
import { selectEnvironments } from '../storage/projects.ts'
import { selectAsks } from '../storage/remote-asks.ts'
import { countInstances } from '../storage/rollout-surroundings.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import { selectKeyCounts } from '../storage/telemetry.ts'
import { servedShare } from './served-share.ts'

/** Requests of this time are "now". */
const NOW_MS = 5 * 60_000

export interface KillFacts {
  readonly key: FlagConfigKey
  readonly name: string
  readonly environment: { readonly name: string; readonly protected: boolean }
  readonly on: boolean
  /** `10 % of everybody`. */
  readonly share: string
  /** Requests of the last 5 minutes that were served something else than off, and all. */
  readonly requests: { readonly exposed: number; readonly all: number }
  /** Distinct users of the exposed arm in the rollout that is under way; absent without one. */
  readonly users?: { readonly exposed: number; readonly sampled: boolean }
  readonly instances: { readonly connected: number; readonly silent: number }
  /** Values asked over OFREP in the last minutes, by clients that evaluate nothing themselves. */
  readonly remote: { readonly n: number; readonly lastAt: Date | null }
  /** Flags of this environment that ask for another variant of it than off: they go with it. */
  readonly dependants: readonly string[]
  readonly rollout?: { readonly feature: string; readonly state: string; readonly attempt: number }
  /** The kill that was asked for, or the one that the flag is off by. */
  readonly kill?: Kill
}

/** The facts on a flag; with the id of a kill, that one, else the latest while the flag is off. */
export async function killFacts(
  database: Database,
  key: FlagConfigKey,
  killId?: string,
): Promise<KillFacts | Refusal> {
  const { kysely } = database
  const { project, flag, environment } = key
  const [row, definition, environments] = await Promise.all([
    selectFlagConfig(kysely, key),
    selectFlag(kysely, project, flag),
    selectEnvironments(kysely, project),
  ])
  const place = environments.find((it) => it.key === environment)
  if (row === undefined || definition === undefined || place === undefined) return noConfig(key)
  const now = await databaseNow(kysely)
  const [usage, instances, [latest], remote, asking, kill] = await Promise.all([
    selectUsage(kysely, key, new Date(now.getTime() - NOW_MS)),
    countInstances(kysely, project, environment),
    selectRollouts(kysely, project, { flag, limit: 1 }),
    selectAsks(kysely, key, { from: new Date(now.getTime() - NOW_MS), to: now }),
    selectAskingFor(kysely, project, flag),
    killOf(database, key, killId ?? (row.enabled ? undefined : await selectLatestKill(kysely, key))),
  ])
  const rollout =
    latest !== undefined && latest.environment === environment && latest.endedAt === undefined
      ? latest
      : undefined
  const rate = row.rules.find((it) => it.rollout !== undefined)?.rollout?.keySampleRate ?? 1
  const counted = rollout && (await selectKeyCounts(kysely, rollout.id, rollout.rollout.attempt))
  const keys = counted?.find((it) => it.arm === 'exposed')?.keys
  const exposed = usage.filter((it) => it.variant !== row.off_variant)
  return {
    key,
    name: definition.name,
    environment: place,
    on: row.enabled,
    share: servedShare(row),
    requests: { exposed: sum(exposed), all: sum(usage) },
    ...(keys === undefined ? {} : { users: { exposed: Math.round(keys / rate), sampled: rate < 1 } }),
    instances,
    remote,
    dependants: asking
      .filter((it) => it.environment === environment && wantsOn(it.prerequisites, flag, row.off_variant))
      .map((it) => it.flag)
      .toSorted(),
    ...(rollout === undefined
      ? {}
      : {
          rollout: {
            feature: rollout.feature,
            state: rollout.rollout.state.kind,
            attempt: rollout.rollout.attempt,
          },
        }),
    ...(kill === undefined ? {} : { kill }),
  }
}

/** Whether these are not met while the flag serves off. */
function wantsOn(prerequisites: readonly Prerequisite[], flag: string, off: string): boolean {
  return prerequisites.some((it) => it.flag === flag && !it.variants.includes(off))
}

/** What is on, protected environments first, at most `limit`; `search` is part of a flag's key or name. */
export async function listKillable(
  database: Database,
  search: string,
  limit: number,
): Promise<readonly FlagThatIsOn[]> {
  return await selectFlagsThatAreOn(database.kysely, search, limit)
}

async function killOf(
  database: Database,
  key: FlagConfigKey,
  id: string | undefined,
): Promise<Kill | undefined> {
  if (id === undefined) return undefined
  const kill = await getKill(database, key, id)
  return isRefusal(kill) ? undefined : kill
}

function sum(usage: readonly { readonly n: number }[]): number {
  return usage.reduce((total, { n }) => total + n, 0)
}
