/** How many a configuration reaches, as far as telemetry knows anybody. */
import type { FlagConfigChange } from '@flagmarshal/api/flag'
import type { Reach } from '@flagmarshal/api/reach'
import { reachOf } from '@flagmarshal/domain/flag/reach'
import { reachBasis, reachSentence } from '@flagmarshal/domain/flag/reach-sentence'
import type { Population } from '@flagmarshal/domain/flag/reach-sentence'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { ruleIdentityOf } from '@flagmarshal/domain/rollout/served-plan'

import type { Context } from '../context.ts'
import { selectUsage } from '../storage/alerts.ts'
import type { Database } from '../storage/database.ts'
import { selectFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import { selectSegmentSummaries } from '../storage/segments.ts'
import { selectDistinctKeys } from '../storage/telemetry.ts'
import { draftOf } from './draft.ts'
import { noConfig } from './read.ts'
import { servedConfig } from './view.ts'

const DAYS_MS = 7 * 86_400_000
/** Attempts that are looked through for one in this environment. */
const ATTEMPTS = 50

/** Reckons the reach of what is stored and, where given, of a draft. Refuses a draft that could not be stored. */
export async function estimateReach(
  { now }: Pick<Context, 'now'>,
  database: Database,
  key: FlagConfigKey,
  change: FlagConfigChange | undefined,
): Promise<Reach | Refusal> {
  const row = await selectFlagConfig(database.kysely, key)
  if (row === undefined) return noConfig(key)
  const draft = change === undefined ? undefined : await draftOf(database.kysely, key, change)
  if (isRefusal(draft)) return draft
  const since = new Date(now.getTime() - DAYS_MS)
  const usage = await selectUsage(database.kysely, key, since)
  const requests = usage.reduce((sum, { n }) => sum + n, 0)
  const population =
    (await usersOf(database, key, since)) ??
    ({ unit: requests === 0 ? 'nothing' : 'requests', n: requests, from: since, exact: true } as const)
  const sizes = await segmentSizes(database, key)
  const stored = reachOf(servedConfig(row), sizes)
  const drafted = draft === undefined ? undefined : reachOf(draft, sizes)
  const told = drafted ?? stored
  return {
    population: { ...population, from: population.from.toISOString() },
    measured: usage.map(({ variant, n }) => ({ variant, requests: n })),
    now: stored.map((it) => ({ ...it })),
    ...(drafted === undefined ? {} : { after: drafted.map((it) => ({ ...it })) }),
    sentence: reachSentence(told, population, (draft ?? servedConfig(row)).offVariant, now),
    basis: reachBasis(told, population),
  }
}

/** The users that the latest rollout in this environment has counted, if it was there since `since`. */
async function usersOf(database: Database, key: FlagConfigKey, since: Date): Promise<Population | undefined> {
  const filter = { flag: key.flag, limit: ATTEMPTS }
  const rollouts = await selectRollouts(database.kysely, key.project, filter)
  const latest = rollouts.find(({ environment }) => environment === key.environment)
  if (latest === undefined || (latest.endedAt !== undefined && latest.endedAt < since)) return undefined
  const { attempt } = latest.rollout
  const keys = await selectDistinctKeys(database.kysely, latest.id, attempt)
  if (keys === 0) return undefined
  const { keySampleRate } = ruleIdentityOf(latest.plan, { ...latest, attempt })
  return {
    unit: 'users',
    n: Math.round(keys / keySampleRate),
    from: latest.createdAt,
    exact: keySampleRate === 1,
  }
}

async function segmentSizes(database: Database, { project, environment }: FlagConfigKey) {
  const rows = await selectSegmentSummaries(database.kysely, project)
  return new Map(rows.filter((it) => it.environment === environment).map((it) => [it.segment, it]))
}
