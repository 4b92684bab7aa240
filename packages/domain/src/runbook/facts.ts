/**
 * What documents are made from: the declared configuration of a run and the evidence that its Gos
 * used. Plain JSON, so that two of them can be compared: what differs is drift. Whether the flag is
 * on, kills and what the controller does are not in it.
 */
import type { Role } from '../access/permission.ts'
import type { Json } from '../audit/canonical.ts'
import type { JsonObject } from '../procedure/run.ts'

export interface DocumentFacts {
  readonly project: string
  readonly feature: {
    readonly key: string
    readonly name: string
    readonly team: string
    /** A ticket with its address, or why there is none. */
    readonly ticket: { readonly key: string; readonly url: string } | { readonly none: string }
    readonly stakeholders: readonly string[]
    readonly flag: string
  }
  readonly procedure: {
    readonly id: string
    readonly version: number
    readonly name: string
    readonly owner: string
    readonly source: string
    readonly related: readonly string[]
  }
  readonly people: Readonly<Partial<Record<Role, readonly string[]>>>
  readonly environments: readonly { readonly key: string; readonly protected: boolean }[]
  /** The flag's baseline over all environments. */
  readonly flag: JsonObject
  /** Outputs by the step's id. */
  readonly outputs: Readonly<Record<string, JsonObject>>
  /** Values of the inputs that count as provided, by id. */
  readonly inputs: Readonly<Record<string, JsonObject>>
  readonly workPlan: {
    readonly content: JsonObject
    readonly authors: readonly string[]
    /** Empty while nobody has reviewed it. */
    readonly reviewer: string
    readonly reviewedOn: string
    /** The steps that the procedure has, in order. */
    readonly steps: readonly {
      readonly number: number
      readonly title: string
      readonly inputs: readonly string[]
    }[]
  }
  readonly decisions: readonly DecisionFact[]
  readonly evidence: readonly EvidenceFact[]
}

/** A Go that counts, by one role. */
export interface DecisionFact {
  readonly step: number
  readonly title: string
  readonly role: Role
  readonly by: string
  readonly rationale: string
  readonly overrides: readonly { readonly check: string; readonly reason: string }[]
}

/** Evidence that a Go used. */
export interface EvidenceFact {
  readonly step: number
  readonly check: string
  readonly title: string
  readonly hash: string
  readonly kind: string
  readonly by: string
  readonly content: JsonObject
}

/** The value at a dotted path; undefined where there is none. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((it, name) => memberOf(it, name), value)
}

/** The text at a dotted path; empty where there is none. Lists are joined, yes and no are words. */
export function textAt(value: Json | undefined, path: string): string {
  return wordsOf(valueAt(value, path))
}

/** A value with its unit; empty where there is none. */
export function withUnit(value: string, unit: string): string {
  return value === '' ? '' : `${value} ${unit}`
}

/** The objects in the list at a dotted path. */
export function rowsAt(value: Json | undefined, path: string): readonly JsonObject[] {
  const found = valueAt(value, path)
  return Array.isArray(found) ? found.filter(isObject) : []
}

/** The texts in the list at a dotted path. */
export function linesAt(value: Json | undefined, path: string): readonly string[] {
  const found = valueAt(value, path)
  return Array.isArray(found) ? found.map(wordsOf) : []
}

/** A value in words. */
export function wordsOf(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(wordsOf).join(', ')
  return JSON.stringify(value)
}

/** Where something is kept, in words. */
export function referenceAt(value: Json | undefined, path: string): string {
  const reference = valueAt(value, path)
  const [url, repository, commit, file, issue] = ['url', 'repository', 'commit', 'path', 'issue'].map((it) =>
    textAt(reference, it),
  )
  if (url !== undefined && url !== '') return url
  if (issue !== undefined && issue !== '') return issue
  if (repository === undefined || repository === '') return ''
  return [repository, ...(file === '' ? [] : [file]), `at ${commit}`].join(' ')
}

/** Whether a JSON value is an object with names. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
  return value[name]
}
