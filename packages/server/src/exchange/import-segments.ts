/** Importing segments: each is stored by the use cases that people use, before the flags that ask for it. */
import type { NewSegment, SegmentConfig, SegmentContent } from '@flagmarshal/api/segment'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { ImportedSegment } from '@flagmarshal/domain/exchange/imported'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { FlagParts } from '../flag/ports.ts'
import { changeSegment, createSegment, getSegment } from '../flag/segments.ts'
import { notFound } from '../refusals.ts'

/** Reads a segment as anybody may send it; a clause where it cannot be. */
export type SegmentReader = (value: unknown) => NewSegment | string

/** Where a segment is imported to. */
export interface SegmentPlace {
  readonly project: string
  readonly environment: string
  readonly dryRun: boolean
}

/** What became of a segment, or why nothing did. */
export async function importSegment(
  context: Context,
  parts: FlagParts,
  segment: ImportedSegment,
  { place, read }: { readonly place: SegmentPlace; readonly read: SegmentReader },
): Promise<'created' | 'updated' | 'unchanged' | { readonly message: string }> {
  const { key, description, when, include, exclude } = segment
  const about = { key, name: segment.name ?? key, ...(description === undefined ? {} : { description }) }
  const given = Object.entries({ when, include, exclude }).filter(([, it]) => it !== undefined)
  const wanted = read({ ...about, ...Object.fromEntries(given) })
  if (typeof wanted === 'string') return { message: `It is left out: ${wanted}` }

  const { project, environment, dryRun } = place
  const found = await getSegment(parts.database, project, key)
  const before = isRefusal(found)
    ? undefined
    : found.environments.find((it) => it.environment === environment)
  const content = contentOf(wanted)
  if (before !== undefined && canonical(content) === canonical(contentOf(before))) return 'unchanged'
  const outcome = isRefusal(found) ? 'created' : 'updated'
  if (dryRun) return outcome

  // What is new is empty everywhere but in the environment that is imported.
  const stored = isRefusal(found) ? await createSegment(context, parts, project, about) : found
  const changed = isRefusal(stored)
    ? stored
    : await filled(context, parts, place, { key, content, environments: stored.environments })
  return isRefusal(changed) ? { message: `It is not stored: ${changed.message}` } : outcome
}

async function filled(
  context: Context,
  parts: FlagParts,
  { project, environment }: SegmentPlace,
  segment: {
    readonly key: string
    readonly content: SegmentContent
    readonly environments: readonly { readonly environment: string; readonly revision: number }[]
  },
): Promise<SegmentConfig | Refusal> {
  const { key, content } = segment
  const current = segment.environments.find((it) => it.environment === environment)
  if (current === undefined) return notFound('segment', `${key} in ${environment}`)
  const at = { project, environment, segment: key }
  return await changeSegment(context, parts, at, { content, ifMatch: current.revision })
}

function contentOf({ when, include = [], exclude = [] }: SegmentContent): SegmentContent {
  return { ...(when === undefined ? {} : { when }), include, exclude }
}
