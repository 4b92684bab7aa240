/**
 * Features of Unleash as flags of ours, with the configuration of one environment, and a report of what
 * is not the same. Buckets stay: allocations name Unleash's own hash schemes.
 *
 * A feature is enabled or not, and has a variant beside that. Without variants it becomes a boolean flag;
 * with some it becomes a flag whose variants are theirs, `disabled`, and `enabled` for enabled without one.
 */
import type { Condition, FlagKind, Prerequisite, Rule } from '@flagmarshal/evaluation'

import { NotHere, problemOf } from '../imported.ts'
import type { ImportedFlag, ImportedSegment, Importer } from '../imported.ts'
import { keysFor } from '../keys.ts'
import { orderedReport } from '../report.ts'
import type { ReportLine } from '../report.ts'
import { constraintCondition, joined, NOBODY } from './constraint.ts'
import type { Note } from './constraint.ts'
import type { Dependency, Feature, Strategy, UnleashSegment } from './model.ts'
import { readUnleash } from './read.ts'
import { allocationOf, cascade, gateOf, isWhole, shareConditions } from './strategy.ts'
import type { Gate } from './strategy.ts'
import { namesOf, variantRules } from './variants.ts'
import type { Names } from './variants.ts'

const KINDS: ReadonlyMap<string, FlagKind> = new Map([
  ['release', 'release'],
  ['experiment', 'experiment'],
  ['operational', 'ops'],
  ['kill-switch', 'ops'],
  ['permission', 'permission'],
])

/** What a feature refers to. */
interface Around {
  readonly segment: (id: number) => Condition
  readonly features: ReadonlyMap<string, Feature>
  readonly names: ReadonlyMap<string, Names>
  readonly keys: ReadonlyMap<string, string>
}

type NewRule = Omit<Rule, 'id'>

/** The flags and segments of a file. Never throws for what it holds. */
export const unleashImport: Importer = (definition, { environment, engines }) => {
  const file = readUnleash(definition, environment)
  const report: ReportLine[] = [...file.report]
  const noteOf =
    (entity: string): Note =>
    (severity, message) =>
      void report.push({ severity, entity, message })

  const segmentKeys = keysFor(file.segments.map((it) => it.name))
  const segments = file.segments.map((it) => importedSegment(it, segmentKeys, noteOf(`segment ${it.name}`)))
  const keys = keysFor(file.features.map((it) => it.name))
  const features = new Map(file.features.map((it) => [it.name, it]))
  const names = new Map<string, Names>()
  const attempt = <T>(entity: string, work: () => T): readonly T[] => {
    try {
      return [work()]
    } catch (error) {
      if (!(error instanceof NotHere)) throw error
      report.push({ severity: 'HIGH', entity, message: `It is left out: ${error.message}.` })
      return []
    }
  }
  for (const it of file.features)
    for (const own of attempt(`feature ${it.name}`, () => namesOf(it, noteOf(`feature ${it.name}`))))
      names.set(it.name, own)
  const flags = inOrder(file.features).flatMap((feature) => {
    const entity = `feature ${feature.name}`
    const note = noteOf(entity)
    const own = names.get(feature.name)
    if (own === undefined) return []
    return attempt(entity, () => {
      const around = { segment: segmentLookup(file, segmentKeys, note), features, names, keys }
      const flag = importedFlag(feature, own, around, note)
      const problem = problemOf(flag, engines, segments)
      if (problem !== undefined) throw new NotHere(problem)
      return flag
    })
  })
  return { flags, segments, report: orderedReport(report) }
}

/** Features that others depend on first. */
function inOrder(features: readonly Feature[]): readonly Feature[] {
  return features.toSorted((a, b) => Number(a.dependencies.length > 0) - Number(b.dependencies.length > 0))
}

function importedSegment(it: UnleashSegment, keys: ReadonlyMap<string, string>, note: Note): ImportedSegment {
  const key = keys.get(it.name) ?? it.name
  if (key !== it.name) note('LOW', `Its key here is ${key}.`)
  return {
    key,
    name: it.name,
    description: it.description,
    when: { all: it.constraints.map((one) => constraintCondition(one, note)) },
  }
}

function segmentLookup(
  { segments, hollow }: { readonly segments: readonly UnleashSegment[]; readonly hollow: readonly number[] },
  keys: ReadonlyMap<string, string>,
  note: Note,
): (id: number) => Condition {
  return (id) => {
    const found = segments.find((it) => it.id === id)
    const key = found === undefined ? undefined : keys.get(found.name)
    if (key !== undefined) return { segment: key }
    note(
      'HIGH',
      hollow.includes(id)
        ? `A strategy of it is left out: the file names segment ${id} without its constraints. Import what /api/client/features answers, which has them.`
        : `A strategy of it is left out: segment ${id} is not in the file, and lets in nobody in Unleash.`,
    )
    return NOBODY
  }
}

function importedFlag(feature: Feature, names: Names, around: Around, note: Note): ImportedFlag {
  const { name, type, description, enabled } = feature
  const key = around.keys.get(name) ?? name
  if (key !== name)
    note(
      'HIGH',
      `Its key is ${key} here, because ${JSON.stringify(name)} cannot be one: the application must ask for the new one.`,
    )
  if (feature.impressionData)
    note('MEDIUM', 'Its impression events are not kept: SDKs of Unleash send none of them from here.')
  const kind = KINDS.get(type)
  if (kind === undefined) note('LOW', `Its type ${type} is unknown here.`)
  const needs = prerequisitesOf(feature, around, note)
  const rules = needs === undefined ? [] : rulesOf(feature, names, around, note)
  const last = rules.at(-1)
  const everybody =
    last !== undefined && 'all' in last.when && last.when.all.length === 0 && 'variant' in last.serve
  return {
    key,
    name,
    description,
    owner: undefined,
    ...(kind === undefined ? {} : { kind }),
    ...(type === 'kill-switch' ? { permanentReason: 'A kill switch.' } : {}),
    valueType: names.valueType,
    variants: names.variants,
    enabled,
    offVariant: names.off,
    prerequisites: needs ?? [],
    rules: everybody ? rules.slice(0, -1) : rules,
    fallthrough: everybody && 'variant' in last.serve ? last.serve : { variant: names.off },
  }
}

/** What must be served first; undefined where Unleash never finds it so. */
function prerequisitesOf(feature: Feature, around: Around, note: Note): readonly Prerequisite[] | undefined {
  const found: Prerequisite[] = []
  for (const dependency of feature.dependencies) {
    const parent = around.features.get(dependency.feature)
    const names = around.names.get(dependency.feature)
    const key = around.keys.get(dependency.feature)
    if (parent === undefined || names === undefined || key === undefined) {
      note(
        'HIGH',
        `It depends on ${dependency.feature}, which is not imported, so it is served to nobody, as in Unleash without it.`,
      )
      return undefined
    }
    if (parent.dependencies.length > 0) {
      note(
        'LOW',
        `It depends on ${dependency.feature}, which depends on another: Unleash serves it to nobody, and so is it here.`,
      )
      return undefined
    }
    const variants = wantedOf(dependency, names)
    if (variants.length === 0) return undefined
    found.push({ flag: key, variants })
  }
  return found
}

function wantedOf({ enabled, variants }: Dependency, names: Names): readonly string[] {
  const all = Object.keys(names.variants)
  if (!enabled) return [names.off]
  if (variants.length === 0) return all.filter((it) => it !== names.off)
  // Unleash calls what is enabled without a variant `disabled`.
  const ours = variants.flatMap((it) => names.ours.get(it) ?? (it === 'disabled' ? names.on : []))
  return ours.filter((it) => all.includes(it))
}

function rulesOf(feature: Feature, names: Names, around: Around, note: Note): readonly NewRule[] {
  if (feature.strategies.length === 0)
    return outcomeRules(feature, { when: [] }, 'Everybody', { names, note })
  const rules: NewRule[] = []
  // Strategies without variants of their own share the feature's, so they become one rule together.
  let together: { readonly gate: Gate; readonly name: string }[] = []
  const flush = (): void => {
    rules.push(...sharedRules(feature, together, { names, note }))
    together = []
  }
  for (const [index, strategy] of feature.strategies.entries()) {
    const gate = gateOf(strategy, around.segment, note)
    if (gate === undefined) continue
    const name = (strategy.title ?? `Strategy ${index + 1}: ${strategy.name}`).slice(0, 200)
    // Variants that weigh nothing are none: the feature's decide then.
    if (strategy.variants.every((it) => it.weight === 0)) together.push({ gate, name })
    else {
      flush()
      rules.push(...ownRules(strategy, gate, name, { names, note }))
    }
  }
  flush()
  return rules
}

interface Told {
  readonly names: Names
  readonly note: Note
}

function ownRules(strategy: Strategy, gate: Gate, name: string, { names, note }: Told): readonly NewRule[] {
  const { variants, parameters } = strategy
  return variantRules(variants, {
    group: parameters['groupId'] ?? '',
    stickiness: variants[0]?.stickiness ?? parameters['stickiness'],
    names,
    note,
    rule: { name, when: [...gate.when, ...shareConditions(gate.share)] },
  })
}

function sharedRules(
  feature: Feature,
  gates: readonly { readonly gate: Gate; readonly name: string }[],
  told: Told,
): readonly NewRule[] {
  const [first] = gates
  if (first === undefined) return []
  if (feature.variants.length === 0 || gates.length === 1)
    return gates.flatMap(({ gate, name }) => outcomeRules(feature, gate, name, told))
  const any = gates.map(({ gate }) => joined([...gate.when, ...shareConditions(gate.share)]))
  return outcomeRules(feature, { when: [{ any }] }, 'Strategies', told)
}

/** What the feature serves to those whom a gate lets in. */
function outcomeRules(feature: Feature, gate: Gate, name: string, { names, note }: Told): readonly NewRule[] {
  if (feature.variants.length > 0)
    return variantRules(feature.variants, {
      group: feature.name,
      stickiness: feature.variants[0]?.stickiness,
      names,
      note,
      rule: { name, when: [...gate.when, ...shareConditions(gate.share)] },
    })
  const { share } = gate
  if (share === undefined || isWhole(share))
    return [{ name, when: joined(gate.when), serve: { variant: names.on } }]
  return cascade(share.by).map(({ by, when }) => ({
    name,
    when: joined([...gate.when, ...when]),
    serve: share.percent === 100 ? { variant: names.on } : { allocation: allocationOf(share, by, names.on) },
  }))
}
