/** What a draft is about: as it is live, as somebody wants it, and whom it would expose. */
import type { DraftChange } from '@flagmarshal/api/draft'
import type { ContentAt, DraftContent, FlagContent, MembersContent } from '@flagmarshal/domain/draft/content'
import { conditionsOf, segmentFaults, segmentsBehind } from '@flagmarshal/domain/flag/condition'
import type { ServedConfig } from '@flagmarshal/domain/flag/edit'
import { raisesExposure } from '@flagmarshal/domain/flag/exposure'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { Condition } from '@flagmarshal/evaluation'

import { draftOf } from '../flag/draft.ts'
import { invalid } from '../flag/invalid.ts'
import { logicFaults } from '../flag/logic-faults.ts'
import { noConfig } from '../flag/read.ts'
import { conditionsOf as conditionsOfSegments, exposedBy } from '../flag/segments.ts'
import { servedConfig } from '../flag/view.ts'
import { notFound } from '../refusals.ts'
import type { Queries } from '../storage/database.ts'
import type { DraftSubject } from '../storage/drafts.ts'
import { selectEnvironmentConfigs, selectFlag, selectFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectSegmentConfigs, selectSegmentSummaries } from '../storage/segments.ts'
import type { SegmentConfigRow } from '../storage/segments.ts'

/** What is live, with the segments that the proposed content leads to, too: a change of them is one of what would be served. */
export async function liveContent(
  queries: Queries,
  about: DraftSubject,
  proposed: DraftContent,
): Promise<ContentAt | Refusal> {
  const more = rootsOf(proposed)
  if (about.kind === 'segment') {
    const row = await segmentRow(queries, about)
    return row === undefined
      ? notFound('segment', `${about.subject} in ${about.environment}`)
      : { revision: row.revision, content: await membersContent(queries, about, row, more) }
  }
  const row = await selectFlagConfig(queries, flagKey(about))
  if (row === undefined) return noConfig(flagKey(about))
  return { revision: row.revision, content: await flagContent(queries, about, servedConfig(row), more) }
}

/** What is wanted, complete: ids and salts are made now, so that what is approved is what will be served. */
export async function wantedContent(
  queries: Queries,
  about: DraftSubject,
  wanted: DraftChange,
): Promise<DraftContent | Refusal> {
  if (wanted.kind !== about.kind)
    return refuse('invalid', `The draft is about a ${about.kind}.`, `Send its kind, ${about.kind}.`, '/kind')
  if (wanted.kind === 'flag') {
    const next = await draftOf(queries, flagKey(about), wanted.config)
    return isRefusal(next) ? next : await flagContent(queries, about, next)
  }
  const { when, include, exclude } = wanted.content
  const conditions = await conditionsOfSegments(queries, about.project, about.environment)
  const no = invalid([...segmentFaults(about.subject, when, conditions), ...logicFaults(when, '/when')])
  if (no !== undefined) return no
  const lists = { include: [...new Set(include)], exclude: [...new Set(exclude)] }
  return await membersContent(queries, about, { ...lists, condition: when ?? null })
}

/** The flags by which a content would expose somebody who is not exposed now. */
export async function exposedFlags(
  queries: Queries,
  about: DraftSubject,
  content: DraftContent,
): Promise<readonly string[]> {
  if (about.kind === 'flag') {
    const row = await selectFlagConfig(queries, flagKey(about))
    const raises = row !== undefined && isFlagContent(content) && raisesExposure(servedConfig(row), content)
    return raises ? [about.subject] : []
  }
  const row = await segmentRow(queries, about)
  if (row === undefined || isFlagContent(content)) return []
  const { project, environment } = about
  const conditions = await conditionsOfSegments(queries, project, environment)
  const configs = await selectEnvironmentConfigs(queries, project, environment)
  const { when, include, exclude } = content
  const wanted = {
    include: [...include],
    exclude: [...exclude],
    ...(when === undefined ? {} : { when }),
  }
  return exposedBy({ row, content: wanted, conditions, configs }).map(({ flag }) => flag)
}

/** Whether it is a flag's. */
export function isFlagContent(content: DraftContent): content is FlagContent {
  return 'rules' in content
}

/** The address of a flag's configuration. */
export function flagKey({ project, environment, subject }: DraftSubject): FlagConfigKey {
  return { project, environment, flag: subject }
}

async function segmentRow(
  queries: Queries,
  { project, environment, subject }: DraftSubject,
): Promise<SegmentConfigRow | undefined> {
  const rows = await selectSegmentConfigs(queries, project, subject)
  return rows.find((it) => it.environment === environment)
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function flagContent(
  queries: Queries,
  about: DraftSubject,
  served: ServedConfig,
  more: readonly Condition[] = [],
): Promise<FlagContent> {
  const flag = await selectFlag(queries, about.project, about.subject)
  const segments = await segmentRevisions(queries, about, [...served.rules.flatMap(conditionsOf), ...more])
  return { ...served, variants: flag?.variants ?? {}, segments }
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function membersContent(
  queries: Queries,
  about: DraftSubject,
  { condition, include, exclude }: Pick<SegmentConfigRow, 'condition' | 'include' | 'exclude'>,
  more: readonly Condition[] = [],
): Promise<MembersContent> {
  const roots = condition === null ? more : [condition, ...more]
  const segments = await segmentRevisions(queries, about, roots)
  return { ...(condition === null ? {} : { when: condition }), include, exclude, segments }
}

function rootsOf(content: DraftContent): readonly Condition[] {
  if (isFlagContent(content)) return content.rules.flatMap(conditionsOf)
  return content.when === undefined ? [] : [content.when]
}

async function segmentRevisions(
  queries: Queries,
  { project, environment }: DraftSubject,
  roots: readonly Condition[],
): Promise<Record<string, number>> {
  if (roots.length === 0) return {}
  const rows = (await selectSegmentSummaries(queries, project)).filter((it) => it.environment === environment)
  const behind = segmentsBehind(roots, new Map(rows.map((it) => [it.segment, it.condition])))
  const revisions = new Map(rows.map((it) => [it.segment, it.revision]))
  return Object.fromEntries(behind.map((key) => [key, revisions.get(key) ?? 0]))
}
