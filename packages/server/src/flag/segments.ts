/** Creating, reading and changing segments. */
import type {
  NewSegment,
  Segment,
  SegmentConfig,
  SegmentContent,
  SegmentSummary,
} from '@flagmarshal/api/segment'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { flagsUsing, segmentFaults } from '@flagmarshal/domain/flag/condition'
import type { SegmentConditions } from '@flagmarshal/domain/flag/condition'
import { raisesExposure } from '@flagmarshal/domain/flag/exposure'
import { membershipChange, ruleChange } from '@flagmarshal/domain/flag/membership'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { flagKeyTaken, notFound, stale } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { bumpRevision, selectEnvironmentConfigs } from '../storage/flags.ts'
import type { FlagConfigRow } from '../storage/flags.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'
import {
  insertSegment,
  insertSegmentConfigs,
  lockSegmentConfig,
  selectConditions,
  selectSegment,
  selectSegmentConfigs,
  selectSegments,
  selectSegmentSummaries,
  updateSegmentConfig,
} from '../storage/segments.ts'
import type { SegmentConfigKey, SegmentConfigRow } from '../storage/segments.ts'
import { closedGate } from './gate.ts'
import { invalid } from './invalid.ts'
import { logicFaults } from './logic-faults.ts'
import type { FlagParts, FlagPorts } from './ports.ts'
import { segmentAudit, segmentConfigView, segmentSummary, segmentView } from './segment-view.ts'
import { servedConfig } from './view.ts'

/** All segments of a project, by key, without their lists. */
export async function listSegments(database: Database, project: string): Promise<SegmentSummary[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const [segments, configs] = await Promise.all([
    selectSegments(database.kysely, project),
    selectSegmentSummaries(database.kysely, project),
  ])
  return segments.map((row) => segmentSummary(row, configs))
}

/** One segment in each environment. */
export async function getSegment(
  database: Database,
  project: string,
  key: string,
): Promise<Segment | Refusal> {
  const row = await selectSegment(database.kysely, project, key)
  if (row === undefined) return notFound('segment', key)
  return segmentView(row, await selectSegmentConfigs(database.kysely, project, key))
}

/** Creates a segment, the same in every environment. Refuses a key that is taken and a condition that refers to what is not there. */
export async function createSegment(
  context: Context,
  { database }: FlagParts,
  project: string,
  input: NewSegment,
): Promise<Segment | Refusal> {
  const { key, name, description } = input
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const created = { created_at: context.now, created_by: context.actor.id }
    const row = { project, key, name, description: description ?? null, ...created }
    if (!(await insertSegment(tx, row))) {
      const known = await selectSegments(tx, project)
      return flagKeyTaken(
        'segment',
        key,
        known.map((it) => it.key),
      )
    }
    const refusal = await insertContents(tx, project, input)
    if (refusal !== undefined) return refusal
    const configs = await selectSegmentConfigs(tx, project, key)
    await record(tx, context, {
      chain: { project },
      action: 'segment.create',
      subject: { kind: 'segment', id: key },
      after: { key, name, description, environments: configs.map(segmentAudit) },
    })
    return segmentView(row, configs)
  })
}

async function insertContents(tx: Tx, project: string, input: NewSegment): Promise<Refusal | undefined> {
  const environments = (await selectEnvironments(tx, project)).map((it) => it.key).toSorted()
  const rows = []
  for (const environment of environments) {
    // Also the lock under which conditions are compared: segments of an environment change one after the other.
    const revision = await bumpRevision(tx, project, environment)
    const refusal = invalid([
      ...segmentFaults(input.key, input.when, await conditionsOf(tx, project, environment)),
      ...logicFaults(input.when, '/when'),
    ])
    if (refusal !== undefined) return refusal
    const columns = { project, environment, segment: input.key, ...columnsOf(input) }
    rows.push({ ...columns, revision: 1, environment_revision: revision })
  }
  await insertSegmentConfigs(tx, rows)
  return undefined
}

/** The content of a segment as somebody wants it, and the revision that they have seen. */
export interface WantedSegment {
  readonly content: SegmentContent
  readonly ifMatch: number
  /** The approved draft that says so. */
  readonly draft?: { readonly id: string; readonly why: string }
}

/**
 * Replaces a segment in one environment. Refuses a stale revision, a condition that refers to what
 * is not there or to itself, and a closed gate of a flag by which the new condition or the new lists
 * would expose somebody: a list is no way around what a rule may not do.
 */
export async function changeSegment(
  context: Context,
  { database, flagPorts }: FlagParts,
  key: SegmentConfigKey,
  wanted: WantedSegment,
): Promise<SegmentConfig | Refusal> {
  return await database.transaction((tx) => changeSegmentIn(tx, context, flagPorts, { key, wanted }))
}

/** The same in a transaction that does more: a draft is published in it. */
export async function changeSegmentIn(
  tx: Tx,
  context: Context,
  flagPorts: FlagPorts,
  { key, wanted }: { readonly key: SegmentConfigKey; readonly wanted: WantedSegment },
): Promise<SegmentConfig | Refusal> {
  const { project, environment, segment } = key
  const { content, ifMatch, draft } = wanted
  const row = await lockSegmentConfig(tx, key)
  if (row === undefined) return notFound('segment', `${segment} in ${environment}`)
  if (row.revision !== ifMatch) return stale(`segment ${segment} in ${environment}`, segmentConfigView(row))
  const revision = await bumpRevision(tx, project, environment)
  const conditions = await conditionsOf(tx, project, environment)
  const refusal = invalid([
    ...segmentFaults(segment, content.when, conditions),
    ...logicFaults(content.when, '/when'),
  ])
  if (refusal !== undefined) return refusal

  const configs = await selectEnvironmentConfigs(tx, project, environment)
  const lists = canonical(content.when ?? null) === canonical(row.condition)
  for (const user of exposedBy({ row, content, conditions, configs })) {
    const at = { key: { project, environment, flag: user.flag }, what: { segment, lists } }
    const closed = await closedGate(tx, context, flagPorts, { ...at, draft: draft?.id })
    if (closed !== undefined) return closed
  }

  const change = { ...columnsOf(content), environment_revision: revision }
  const stored = await updateSegmentConfig(tx, key, change)
  const what = lists ? ('members' as const) : ('segment' as const)
  const flags = flagsUsing(segment, conditions, configs).map(({ flag }) => flag)
  await flagPorts.onFlagChanged(tx, context, { project, flags, environments: [environment], what })
  const reason = draft === undefined ? {} : { reason: `${draft.id}: ${draft.why}` }
  await recordChange(tx, context, { before: row, after: stored, ...reason })
  return segmentConfigView(stored)
}

/** A segment, its new content, and what the environment serves. */
interface SegmentChangeFacts {
  readonly row: SegmentConfigRow
  readonly content: SegmentContent
  readonly conditions: SegmentConditions
  readonly configs: readonly FlagConfigRow[]
}

/** The flags by which the new content of a segment may expose somebody. */
export function exposedBy({ row, content, conditions, configs }: SegmentChangeFacts): FlagConfigRow[] {
  const { segment, condition, include, exclude } = row
  const before = { include, exclude, ...(condition === null ? {} : { when: condition }) }
  const { when, ...lists } = content
  const change = membershipChange(before, {
    include: lists.include ?? [],
    exclude: lists.exclude ?? [],
    ...(when === undefined ? {} : { when }),
  })
  return flagsUsing(segment, conditions, configs).filter((it) => {
    const served = servedConfig(it)
    return raisesExposure(served, served, (rule) => ruleChange(rule, segment, change, conditions))
  })
}

async function recordChange(
  tx: Tx,
  context: Context,
  change: { readonly before: SegmentConfigRow; readonly after: SegmentConfigRow; readonly reason?: string },
): Promise<void> {
  const { before, after, reason } = change
  await record(tx, context, {
    chain: { project: after.project },
    action: 'segment.change',
    subject: { kind: 'segment', id: after.segment },
    before: segmentAudit(before),
    after: segmentAudit(after),
    ...(reason === undefined ? {} : { reason }),
  })
}

/** The conditions of an environment's segments. */
export async function conditionsOf(
  queries: Queries,
  project: string,
  environment: string,
): Promise<SegmentConditions> {
  const rows = await selectConditions(queries, project, environment)
  return new Map(rows.map(({ segment, condition }) => [segment, condition]))
}

function columnsOf({ when, include, exclude }: SegmentContent) {
  return {
    condition: toJson(when ?? null),
    include: [...new Set(include)],
    exclude: [...new Set(exclude)],
  }
}
