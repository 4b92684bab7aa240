/**
 * What a publication stored: which documents a run has in the repository, and what they were made from.
 */
import type { PublishedDocuments } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { JsonObject } from '@flagmarshal/domain/procedure/run'
import { z } from 'zod'

import type { Queries } from '../storage/database.ts'
import { selectPublished } from '../storage/publications.ts'

const text = z.string()

const PublishedSchema = z.object({
  /** Null: the built-in repository. */
  remote: text.nullable(),
  branch: text,
  path: text,
  commit: text,
  revision: z.int(),
  bundleHash: text,
  runbooks: z.array(text),
  documents: z.record(text, text),
  auditHead: z.object({ count: z.int(), hash: text }),
})

export type Published = z.infer<typeof PublishedSchema>

export interface WholePublished extends Published {
  /** Each document's body as it was hashed, and its tree. */
  readonly bodies: Readonly<Record<string, { readonly markdown: string; readonly tree: JsonObject }>>
  /** What they were made from. */
  readonly facts: JsonObject
}

const WholeSchema: z.ZodType<WholePublished> = PublishedSchema.extend({
  bodies: z.record(text, z.object({ markdown: text, tree: z.record(text, z.json()) })),
  facts: z.record(text, z.json()),
})

/** What a stored result says, without bodies and facts. */
export function parsePublished(result: unknown): Published {
  return PublishedSchema.parse(result)
}

/** What a run has published last; undefined where it has published nothing. */
export async function loadPublished(queries: Queries, run: string): Promise<Published | undefined> {
  const result = await selectPublished(queries, run, false)
  return result === undefined ? undefined : PublishedSchema.parse(result)
}

/** The same, with the bodies and what they were made from. */
export async function loadWholePublished(queries: Queries, run: string): Promise<WholePublished | undefined> {
  const result = await selectPublished(queries, run, true)
  return result === undefined ? undefined : WholeSchema.parse(result)
}

/** As the checks see it. */
export function publishedFacts(it: Published): PublishedDocuments {
  const { remote, branch, path, commit, runbooks, documents } = it
  return { remote: remote ?? 'built-in', branch, path, commit, runbooks, documents }
}
