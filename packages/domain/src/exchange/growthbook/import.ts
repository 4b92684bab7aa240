/**
 * GrowthBook's features as flags of ours, each with the configuration of one environment, and a report of
 * what is not the same. Held against `@growthbook/growthbook` by a test.
 */
import type { Condition, JsonValue, Prerequisite, Rule } from '@flagmarshal/evaluation'

import { NotHere, problemOf, typedVariants } from '../imported.ts'
import type { ImportedFlag, Importer, ImportRequest } from '../imported.ts'
import { orderedReport } from '../report.ts'
import type { ReportLine } from '../report.ts'
import { isConstant, isMet, parentMet, satisfying } from './parents.ts'
import { readGrowthbook } from './read.ts'
import type { ReadFeature, ReadFile } from './read.ts'
import { allOf, branchOf, parentsOf } from './rules.ts'
import type { FeatureParts, ParentCondition } from './rules.ts'
import { naming } from './variants.ts'

/** Rules that a feature may become. */
const MAX_RULES = 150
/** Characters of a feature's rules: other features may be written out in them. */
const MAX_RULES_TEXT = 500_000

type Noted = Parameters<FeatureParts['note']>[0] | 'written-out' | 'gone' | 'hash'

const SAYINGS: Readonly<Record<Noted, readonly [ReportLine['severity'], string]>> = {
  bandit: [
    'HIGH',
    'Its contextual bandit is not in this version: everybody is split by the weights of the rule.',
  ],
  gone: ['MEDIUM', 'It asks for a feature that the file does not have, which has no value there.'],
  'written-out': [
    'MEDIUM',
    'What a rule of it asks of another feature is written out as it is now: later changes of that feature are not followed.',
  ],
  sticky: [
    'MEDIUM',
    'Sticky bucketing is not in this version: whoever has a variation keeps it as long as weights, seed and hash attribute stay; the fallback attribute and blocked versions have no effect.',
  ],
  list: [
    'MEDIUM',
    'It compares a text: GrowthBook also looks into an attribute that is a list, here it does not hold.',
  ],
  number: [
    'MEDIUM',
    'It compares numbers: GrowthBook also takes texts, booleans and lists for numbers, here they do not hold.',
  ],
  boolean: [
    'MEDIUM',
    'It compares with a boolean: GrowthBook takes every value for true or false, here only booleans hold.',
  ],
  version: [
    'MEDIUM',
    'It compares versions: GrowthBook orders every text as one, here an attribute that is no version does not hold, and `1.2` is `1.2.0`.',
  ],
  pattern: [
    'MEDIUM',
    'It matches a pattern: GrowthBook matches numbers and booleans as texts, here they do not hold.',
  ],
  unknown: [
    'MEDIUM',
    'It uses an operator or a pattern that GrowthBook does not know either, and that never holds.',
  ],
  groups: ['LOW', 'Its saved groups are written out in its rules.'],
  id: ['LOW', 'Its attribute id is the targeting key here.'],
  hash: ['LOW', 'It hashes as GrowthBook does, so everybody keeps their variant.'],
}

export const growthbookImport: Importer = (definition, request) => {
  const file = readGrowthbook(definition, request.environment)
  const report: ReportLine[] = [...file.report]
  const work: Work = { file, request, done: new Map(), under: [], report }
  for (const feature of file.features) importedFeature(feature, work)
  const flags = [...work.done.values()].flatMap((it) => it ?? [])
  return { flags, report: orderedReport(report) }
}

interface Work {
  readonly file: ReadFile
  readonly request: ImportRequest
  /** In the order in which they can be stored; undefined where one was left out. */
  readonly done: Map<string, ImportedFlag | undefined>
  /** The features whose parents are being looked at. */
  readonly under: readonly string[]
  readonly report: ReportLine[]
}

/** The flag, whose parents are imported before it; undefined where it is left out. */
function importedFeature(feature: ReadFeature, work: Work): ImportedFlag | undefined {
  if (work.done.has(feature.key)) return work.done.get(feature.key)
  const entity = `flag ${feature.key}`
  const noted = new Set<Noted>()
  try {
    const flag = flagOf(feature, { ...work, under: [...work.under, feature.key] }, (it) => void noted.add(it))
    const problem = problemOf(flag, work.request.engines)
    if (problem !== undefined) throw new NotHere(problem)
    work.done.set(feature.key, flag)
    for (const it of noted) {
      const [severity, message] = SAYINGS[it]
      work.report.push({ severity, entity, message })
    }
    return flag
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
    work.done.set(feature.key, undefined)
    work.report.push({ severity: 'HIGH', entity, message: `It is left out: ${error.message}.` })
    return undefined
  }
}

function flagOf(feature: ReadFeature, work: Work, note: (it: Noted) => void): ImportedFlag {
  const names = naming()
  const otherwise = names.variantOf(feature.defaultValue)
  const own = names.variantOf(null)
  const parts: FeatureParts = {
    key: feature.key,
    savedGroups: work.file.savedGroups,
    variantOf: names.variantOf,
    note,
  }
  const { prerequisites, rules } = rulesOf(feature, parts, { work, own, note })
  if (rules.length > MAX_RULES) throw new NotHere(`it becomes more than ${MAX_RULES} rules`)
  if (JSON.stringify(rules).length > MAX_RULES_TEXT)
    throw new NotHere('its rules are too large, with the features that it asks for')
  if (rules.some(({ serve }) => 'allocation' in serve)) note('hash')
  const { values } = names.named()
  if (Object.keys(values).length === 0) throw new NotHere('it has no value')
  const { valueType, variants } = typedVariants(values)
  return {
    key: feature.key,
    description: feature.description,
    owner: feature.owner,
    valueType,
    variants: { ...variants, [own]: null },
    enabled: feature.enabled,
    offVariant: own,
    ...(prerequisites.length === 0 ? {} : { prerequisites }),
    rules,
    fallthrough: { variant: otherwise },
  }
}

interface Around {
  readonly work: Work
  /** The variant that is the caller's own default. */
  readonly own: string
  readonly note: (it: Noted) => void
}

function rulesOf(
  feature: ReadFeature,
  parts: FeatureParts,
  around: Around,
): { readonly prerequisites: readonly Prerequisite[]; readonly rules: readonly Omit<Rule, 'id'>[] } {
  const prerequisites: Prerequisite[] = []
  const rules: Omit<Rule, 'id'>[] = []
  for (const [index, rule] of feature.rules.entries()) {
    const name = textOf(rule['name']) ?? textOf(rule['id']) ?? `Rule ${index + 1}`
    const asked: Condition[] = []
    for (const parent of parentsOf(rule)) {
      const gate =
        parent.gate && rules.length === 0 && asked.length === 0 ? nativeGate(parent, around) : undefined
      if (gate !== undefined) {
        prerequisites.push(gate)
        continue
      }
      const met = metCondition(parent, around)
      if (parent.gate && isConstant(met) !== true)
        rules.push({
          name: `Gate ${parent.id}`,
          when: allOf([...asked, { not: met }]),
          serve: { variant: around.own },
        })
      asked.push(met)
    }
    const branch = branchOf(rule, name, parts)
    if (branch === undefined || asked.some((it) => isConstant(it) === false)) continue
    rules.push({ ...branch, when: allOf([...asked, branch.when]) })
  }
  return { prerequisites, rules }
}

/** A gate as a prerequisite; undefined where the other flag is not in the file. */
function nativeGate({ id, condition }: ParentCondition, { work }: Around): Prerequisite | undefined {
  const parent = parentOf(id, work)
  if (parent === undefined) return undefined
  const variants = satisfying(parent, condition)
  return variants.length === 0 ? undefined : { flag: id, variants }
}

function metCondition({ id, condition }: ParentCondition, { work, note }: Around): Condition {
  const parent = parentOf(id, work)
  if (parent === undefined) {
    note('gone')
    return isMet(condition, null) ? { all: [] } : { any: [] }
  }
  note('written-out')
  return parentMet(parent, condition, (key) => work.done.get(key))
}

/** Another flag of the file; undefined where it has none of this name. Throws NotHere for a circle, and for one that is left out. */
function parentOf(id: string, work: Work): ImportedFlag | undefined {
  if (work.under.includes(id)) throw new NotHere(`it asks for itself by way of ${id}, and has no value there`)
  const feature = work.file.features.find((it) => it.key === id)
  if (feature === undefined) return undefined
  const parent = importedFeature(feature, work)
  if (parent === undefined) throw new NotHere(`it asks for ${id}, which is left out`)
  return parent
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 100 ? value : undefined
}
