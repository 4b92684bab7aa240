/**
 * A flagd definition as flags of ours, each with the configuration of one environment, and a report of
 * what is not the same.
 */
import { compile, isOfType } from '@flagmarshal/evaluation'
import type {
  Condition,
  Engines,
  Flag,
  FlagValue,
  JsonObject,
  JsonValue,
  Rule,
  ValueType,
} from '@flagmarshal/evaluation'

import { readFlagd } from './flagd-read.ts'
import type { ReadFlag } from './flagd-read.ts'
import { branchesOf, isFinal, NotHere } from './flagd-rules.ts'
import { orderedReport } from './report.ts'
import type { ReportLine } from './report.ts'

/** A flag as it would be stored: definition and configuration. */
export interface ImportedFlag {
  readonly key: string
  readonly description: string | undefined
  readonly owner: string | undefined
  readonly valueType: ValueType
  readonly variants: Readonly<Record<string, FlagValue>>
  readonly enabled: boolean
  readonly offVariant: string
  readonly rules: readonly Omit<Rule, 'id'>[]
  readonly fallthrough: { readonly variant: string }
}

const TYPES = ['boolean', 'string', 'number', 'object'] as const

/** The flags of a definition, and what of them is not the same here. Never throws for what it holds. */
export function flagdImport(
  definition: JsonObject,
  engines: Engines,
): { readonly flags: readonly ImportedFlag[]; readonly report: readonly ReportLine[] } {
  const read = readFlagd(definition)
  const report: ReportLine[] = [...read.report]
  const flags = read.flags.flatMap((flag) => {
    const entity = `flag ${flag.key}`
    try {
      const imported = importedFlag(flag)
      const problem = problemOf(imported, engines)
      if (problem !== undefined) throw new NotHere(problem)
      report.push(...notes(flag, imported).map((it) => ({ ...it, entity })))
      return [imported]
    } catch (error) {
      if (!(error instanceof NotHere)) throw error
      report.push({ severity: 'HIGH', entity, message: `It is left out: ${error.message}.` })
      return []
    }
  })
  return { flags, report: orderedReport(report) }
}

function importedFlag(flag: ReadFlag): ImportedFlag {
  const { key, disabled, defaultVariant, targeting, metadata } = flag
  const { valueType, variants } = typed(flag.variants)
  const names = Object.keys(variants)
  const branches =
    targeting === undefined ? [] : branchesOf(targeting, { key, variants: names, defaultVariant })
  const last = branches.findIndex(isFinal)
  const final = branches[last]?.serve
  const otherwise = final !== undefined && 'variant' in final ? final.variant : defaultVariant
  if (otherwise === undefined)
    throw new NotHere(
      'it has no default variant, where flagd serves the caller’s default: not in this version',
    )
  const rules = last < 0 ? branches : branches.slice(0, last)
  return {
    key,
    description: textOf(metadata['description']),
    owner: textOf(metadata['owner']),
    valueType,
    variants,
    enabled: !disabled,
    offVariant: defaultVariant ?? otherwise,
    rules: rules.map((it, index) => ({ name: `Rule ${index + 1}`, ...it })),
    fallthrough: { variant: otherwise },
  }
}

/** Variants must be of one type; flagd itself asks the same of them. */
function typed(given: JsonObject): Pick<ImportedFlag, 'valueType' | 'variants'> {
  const valueType = TYPES.find((type) => Object.values(given).every((it) => isOfType(it, type)))
  if (valueType === undefined)
    throw new NotHere('its variants are not all booleans, texts, numbers or objects')
  const variants: Record<string, FlagValue> = {}
  for (const [name, value] of Object.entries(given)) if (isOfType(value, valueType)) variants[name] = value
  return { valueType, variants }
}

function problemOf(flag: ImportedFlag, engines: Engines): string | undefined {
  const rules = flag.rules.map((rule, index): Rule => ({ ...rule, id: String(index) }))
  const whole: Flag = { ...flag, kind: 'release', enabled: true, rules }
  return compile({ flags: [whole], segments: [] }, engines).problems[0]?.message
}

function notes(
  { disabled, metadata }: ReadFlag,
  { offVariant, rules }: ImportedFlag,
): Omit<ReportLine, 'entity'>[] {
  const ops = new Set(rules.flatMap((it) => opsIn(it.when)))
  const uses = (...names: readonly string[]): boolean => names.some((it) => ops.has(it))
  const dropped = Object.keys(metadata).filter(
    (it) => !['description', 'owner', 'flagSetId', 'version'].includes(it),
  )
  const lines: (readonly [ReportLine['severity'], boolean, string])[] = [
    ['HIGH', disabled, `It is disabled: flagd serves the caller’s default then, here it is ${offVariant}.`],
    [
      'MEDIUM',
      uses('less-than', 'at-most', 'more-than', 'at-least'),
      'It compares numbers: flagd also takes a text that holds a number, here it does not hold.',
    ],
    [
      'MEDIUM',
      uses('contains'),
      'It looks for a text in an attribute: flagd also looks in a list, here it does not hold.',
    ],
    ['LOW', uses('jsonLogic'), 'A part of its targeting is kept as JSONLogic.'],
    [
      'LOW',
      rules.some(({ serve }) => 'allocation' in serve),
      'Keys outside ASCII are hashed as UTF-8, as flagd does in all languages but JavaScript.',
    ],
    ['LOW', dropped.length > 0, `Its metadata ${dropped.join(', ')} is not kept.`],
  ]
  return lines.flatMap(([severity, applies, message]) => (applies ? [{ severity, message }] : []))
}

function opsIn(condition: Condition): readonly string[] {
  if ('all' in condition) return condition.all.flatMap(opsIn)
  if ('any' in condition) return condition.any.flatMap(opsIn)
  if ('not' in condition) return opsIn(condition.not)
  if ('segment' in condition) return []
  return 'jsonLogic' in condition ? ['jsonLogic'] : [condition.op]
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
