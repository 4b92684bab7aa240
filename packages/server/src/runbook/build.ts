/**
 * The documents of a run as they would be published now. What was published from the same facts is
 * taken as it was published, so that another version of this program changes no hash.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { drift } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-documents'
import type { JsonObject } from '@flagmarshal/domain/procedure/run'
import { documentsOf, findingsOf } from '@flagmarshal/domain/runbook/documents'
import type { DocumentFacts } from '@flagmarshal/domain/runbook/facts'

import { sha256 } from '../id.ts'
import { jsonObject } from '../procedure/json-object.ts'
import type { WholePublished } from '../procedure/published.ts'
import { renderDocument } from './render.ts'

/** A document and the bytes that are hashed. */
export interface BuiltDocument {
  readonly name: string
  readonly title: string
  readonly tree: JsonObject
  readonly markdown: string
  /** SHA-256 of `markdown`. */
  readonly hash: string
  readonly findings: readonly string[]
}

export interface BuiltDocuments {
  readonly facts: DocumentFacts
  readonly documents: readonly BuiltDocument[]
  /** Where what is configured differs from what was published. */
  readonly drift: readonly string[]
  /** Everything that is missing or empty. */
  readonly findings: readonly string[]
}

/** Builds them all. */
export function buildDocuments(facts: DocumentFacts, published: WholePublished | undefined): BuiltDocuments {
  const trees = documentsOf(facts)
  const findings = findingsOf(trees)
  const differs = published === undefined ? [] : drift(published.facts, facts)
  const kept = published !== undefined && differs.length === 0 ? published : undefined
  const documents =
    kept === undefined
      ? trees.map((it) => {
          const markdown = renderDocument(it)
          return {
            ...builtOf(it.name, it.title, jsonObject(it), markdown),
            findings: findings[it.name] ?? [],
          }
        })
      : trees.flatMap(({ name, title }) => {
          const body = kept.bodies[name]
          if (body === undefined) return []
          return [{ ...builtOf(name, title, body.tree, body.markdown), findings: [] }]
        })
  return { facts, documents, drift: differs, findings: Object.values(findings).flat() }
}

// oxlint-disable-next-line max-params -- a document's parts
function builtOf(
  name: string,
  title: string,
  tree: JsonObject,
  markdown: string,
): Omit<BuiltDocument, 'findings'> {
  return { name, title, tree, markdown, hash: sha256(markdown) }
}

/** The hash of each document, by name. */
export function hashesOf(documents: readonly BuiltDocument[]): Readonly<Record<string, string>> {
  return Object.fromEntries(documents.map((it) => [it.name, it.hash]))
}

/** Facts as they are stored. */
export function storedFacts(facts: DocumentFacts): JsonObject {
  const json: JsonObject = JSON.parse(canonical(facts))
  return json
}
