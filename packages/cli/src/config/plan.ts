/**
 * What applying documents would change, and what of it the server would refuse: a pure comparison of
 * what is written with what is live.
 */
import { configDocuments } from '@flagmarshal/api/config-document'
import type { ConfigDocument } from '@flagmarshal/api/config-document'
import { raisesExposure } from '@flagmarshal/domain/flag/exposure'
import { differences } from '@flagmarshal/domain/procedure/bundle'

import { completeFlag, completeSegment } from './complete.ts'
import { nameOf } from './files.ts'
import type { Placed } from './files.ts'

/** What a document would do. */
export interface Change {
  /** `Flag new-checkout` */
  readonly name: string
  readonly place: string
  readonly document: ConfigDocument
  readonly action: 'create' | 'update' | 'none'
  readonly differences: readonly Difference[]
  /** Why it cannot be applied. */
  readonly refusals: readonly string[]
  /** Protected environments in which it may expose somebody: the gate of a feature or a draft must allow it. */
  readonly raises: readonly string[]
}

/** One place that differs: a JSON Pointer below `spec`, and both values. */
export interface Difference {
  readonly at: string
  readonly before: unknown
  readonly after: unknown
}

/** What is live, by the names of the documents, and what the comparison needs of it. */
export interface Known {
  readonly documents: ReadonlyMap<string, ConfigDocument>
  /** Environments by key: whether they are protected. */
  readonly environments: ReadonlyMap<string, boolean>
  /** Features with a run, whose plan can be written. */
  readonly features: ReadonlySet<string>
}

type Served = ConfigDocument<'Flag'>['spec']['environments'][string]
type Members = ConfigDocument<'Segment'>['spec']['environments'][string]

/** The kinds in the order in which they are applied. */
const ORDER = Object.keys(configDocuments)

/** The changes that documents would make, in the order in which they are applied; what may be refused comes last in its kind. */
export function planChanges(placed: readonly Placed[], known: Known): readonly Change[] {
  return placed
    .map((it) => planChange(it, known))
    .toSorted((a, b) => placeInOrder(a) - placeInOrder(b) || a.raises.length - b.raises.length)
}

function placeInOrder({ document }: Change): number {
  return ORDER.indexOf(document.kind)
}

/** What is live and stands in no document; it is left alone. */
export function unmanaged(placed: readonly Placed[], { documents }: Known): readonly string[] {
  const written = new Set(placed.map((it) => nameOf(it.document)))
  return [...documents.keys()].filter((name) => !written.has(name))
}

function planChange({ document, place }: Placed, known: Known): Change {
  const name = nameOf(document)
  const live = known.documents.get(name)
  const wanted = completed(document, live)
  const comparable = live === undefined ? undefined : inTheSamePlaces(live, wanted)
  const found = comparable === undefined ? [] : differencesOf(readable(comparable), readable(wanted))
  // Criteria are a part of the plans that name them, and live nowhere else.
  const exists = wanted.kind === 'Criteria' || live !== undefined
  const action = !exists ? 'create' : found.length > 0 ? 'update' : 'none'
  return {
    name,
    place,
    document: wanted,
    action,
    differences: found,
    refusals: refusalsOf(wanted, live, known),
    raises: wanted.kind === 'Flag' ? raisedBy(wanted, live, known) : [],
  }
}

function completed(document: ConfigDocument, live: ConfigDocument | undefined): ConfigDocument {
  if (document.kind === 'Flag') return completeFlag(document, live?.kind === 'Flag' ? live : undefined)
  return document.kind === 'Segment' ? completeSegment(document) : document
}

/** What is live, without the environments that the document does not speak of. */
function inTheSamePlaces(live: ConfigDocument, wanted: ConfigDocument): ConfigDocument {
  if (!('environments' in live.spec) || !('environments' in wanted.spec)) return live
  const written = wanted.spec.environments
  const environments = Object.entries(live.spec.environments).filter(([key]) => Object.hasOwn(written, key))
  // Only the environments are fewer.
  return { ...live, spec: { ...live.spec, environments: Object.fromEntries(environments) } } as ConfigDocument
}

/** Rules by their ids and members by themselves: one more in front does not change all the others. */
function readable({ spec }: ConfigDocument): unknown {
  if (!('environments' in spec)) return spec
  const environments = Object.entries<Served | Members>(spec.environments).map(([key, it]) => {
    if (!('rules' in it)) return [key, { ...it, include: asSet(it.include), exclude: asSet(it.exclude) }]
    const rules = Object.fromEntries(it.rules.map(({ id = '', ...rule }) => [id, rule]))
    return [key, { ...it, rules, order: it.rules.map(({ name }) => name).join(' → ') }]
  })
  return { ...spec, environments: Object.fromEntries(environments) }
}

function asSet(members: readonly string[] = []): Readonly<Record<string, true>> {
  return Object.fromEntries(members.map((it) => [it, true]))
}

function differencesOf(before: unknown, after: unknown): readonly Difference[] {
  // Both are JSON: they were read from it.
  type Json = Parameters<typeof differences>[0]
  return differences(before as Json, after as Json).map((at) => ({
    at,
    before: valueAt(before, at),
    after: valueAt(after, at),
  }))
}

function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (it, part) =>
        typeof it === 'object' && it !== null ? (it as Readonly<Record<string, unknown>>)[part] : undefined,
      value,
    )
}

function refusalsOf(
  wanted: ConfigDocument,
  live: ConfigDocument | undefined,
  { environments, features }: Known,
): readonly string[] {
  if (wanted.kind === 'Environment' && live !== undefined && differencesOf(live.spec, wanted.spec).length > 0)
    return ['an environment keeps its name and its protection']
  if (wanted.kind === 'RolloutPlan' && !features.has(wanted.metadata.name))
    return [`there is no feature ${wanted.metadata.name}, or it has no run that a plan could be written to`]
  if (wanted.kind === 'Segment' || wanted.kind === 'Flag') {
    const unknown = Object.keys(wanted.spec.environments).filter((it) => !environments.has(it))
    const fixed =
      wanted.kind === 'Flag' ? (['kind', 'valueType', 'offVariant'] as const) : (['name'] as const)
    return [
      ...unknown.map((it) => `the project has no environment ${it}`),
      ...fixed.flatMap((field) => {
        const was = live === undefined ? undefined : fieldOf(live, field)
        return was === undefined || was === fieldOf(wanted, field)
          ? []
          : [`${field} was ${was} when it was created, and stays so`]
      }),
    ]
  }
  return []
}

function fieldOf({ spec }: ConfigDocument, field: string): string | undefined {
  const value = (spec as Readonly<Record<string, unknown>>)[field]
  return typeof value === 'string' ? value : undefined
}

function raisedBy(
  wanted: ConfigDocument<'Flag'>,
  live: ConfigDocument | undefined,
  { environments }: Known,
): readonly string[] {
  return Object.entries(wanted.spec.environments).flatMap(([key, after]) => {
    if (environments.get(key) !== true) return []
    const before = live?.kind === 'Flag' ? live.spec.environments[key] : undefined
    const off = { enabled: false, offVariant: wanted.spec.offVariant, rules: [] }
    const was = before ?? { ...off, fallthrough: { variant: wanted.spec.offVariant } }
    type Config = Parameters<typeof raisesExposure>[0]
    // A completed configuration has everything that is served; only salts can still be missing.
    return raisesExposure(was as Config, after as Config) ? [key] : []
  })
}
