/**
 * A flagd definition as flags of ours, each with the configuration of one environment, and a report of
 * what is not the same.
 */
import type { Condition, JsonValue } from '@flagmarshal/evaluation'

import { readFlagd } from './flagd-read.ts'
import type { ReadFlag } from './flagd-read.ts'
import { branchesOf, isFinal } from './flagd-rules.ts'
import { callerDefaultName, NotHere, problemOf, typedVariants, variantsServed } from './imported.ts'
import type { ImportedFlag, Importer } from './imported.ts'
import { orderedReport } from './report.ts'
import type { ReportLine } from './report.ts'

/** The flags of a definition, and what of them is not the same here. Never throws for what it holds. */
export const flagdImport: Importer = (definition, { engines }) => {
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
  const { valueType, variants } = typedVariants(flag.variants)
  const names = Object.keys(variants)
  const own = callerDefaultName(names)
  const standard = defaultVariant ?? own
  const branches =
    targeting === undefined ? [] : branchesOf(targeting, { key, variants: names, defaultVariant: standard })
  const last = branches.findIndex(isFinal)
  const final = branches[last]?.serve
  const otherwise = final !== undefined && 'variant' in final ? final.variant : standard
  const rules = last < 0 ? branches : branches.slice(0, last)
  const offVariant = disabled ? own : (defaultVariant ?? otherwise)
  const used = new Set([otherwise, offVariant, ...rules.flatMap(({ serve }) => variantsServed(serve))])
  return {
    key,
    description: textOf(metadata['description']),
    owner: textOf(metadata['owner']),
    valueType,
    variants: used.has(own) ? { ...variants, [own]: null } : variants,
    enabled: !disabled,
    offVariant,
    rules: rules.map((it, index) => ({ name: `Rule ${index + 1}`, ...it })),
    fallthrough: { variant: otherwise },
  }
}

function notes({ metadata }: ReadFlag, { rules }: ImportedFlag): Omit<ReportLine, 'entity'>[] {
  const ops = new Set(rules.flatMap((it) => opsIn(it.when)))
  const uses = (...names: readonly string[]): boolean => names.some((it) => ops.has(it))
  const dropped = Object.keys(metadata).filter(
    (it) => !['description', 'owner', 'flagSetId', 'version'].includes(it),
  )
  const lines: (readonly [ReportLine['severity'], boolean, string])[] = [
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
  if ('bucketed' in condition || 'malformed' in condition) return []
  return 'jsonLogic' in condition ? ['jsonLogic'] : [condition.op]
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
