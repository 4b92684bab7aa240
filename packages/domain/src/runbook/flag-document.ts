/** The flag configuration (P-S6-1, P-S6-7): definitions, values, targeting rules, and the system around. */
import { commandWord } from '../flag/key.ts'
import type { JsonObject } from '../procedure/run.ts'
import type { DocumentFacts } from './facts.ts'
import { isObject, linesAt, referenceAt, rowsAt, textAt, valueAt } from './facts.ts'
import { conditionWords, serveWords } from './rule-words.ts'
import type { Block, Document, Line } from './tree.ts'
import { code, fields, list, section, table, text } from './tree.ts'

export const FLAG_OUTLINE = ['definitions', 'values', 'rules', 'implementation', 'system'] as const

export function flagDocument(facts: DocumentFacts): Document {
  return {
    name: 'flag-configuration',
    title: `Flag configuration: ${facts.feature.flag}`,
    sections: [
      section('definitions', 'Definitions', definitionOf(facts), variantsTable(facts)),
      section('values', 'Values and states', valuesTable(facts), stateText(facts)),
      section('rules', 'Targeting rules and percentages', rulesTable(facts), segmentsTable(facts)),
      section('implementation', 'Where the code asks it', implementationTable(facts)),
      section('system', 'System configuration', environmentsTable(facts), ...deliveryOf()),
    ],
  }
}

/** The rules of every environment in words. */
export function rulesTable({ flag }: DocumentFacts): Block {
  const rows = rowsAt(flag, 'environments').flatMap((it) => {
    const environment = textAt(it, 'environment')
    const rules = rowsAt(it, 'rules').map((rule): readonly Line[] => [
      environment,
      textAt(rule, 'name'),
      conditionWords(rule['when']),
      serveWords(rule['serve']),
    ])
    return [...rules, [environment, 'otherwise', 'everybody else', serveWords(it['fallthrough'])]]
  })
  return table(['Environment', 'Rule', 'When', 'Serves'], rows)
}

/** What each environment serves while the flag is on and off. */
export function valuesTable({ flag }: DocumentFacts): Block {
  const rows = rowsAt(flag, 'environments').map((it): readonly Line[] => [
    textAt(it, 'environment'),
    code(valueOf(it, textAt(it, 'offVariant'))),
    servedOn(it),
  ])
  return table(['Environment', 'While off', 'While on'], rows)
}

function definitionOf({ flag, feature }: DocumentFacts): Block {
  return fields([
    ['Key', code(textAt(flag, 'flag'))],
    ['Feature', feature.name],
    ['Type', textAt(flag, 'kind')],
    ['Values', textAt(rowsAt(flag, 'environments')[0], 'valueType')],
    ['Layers', textAt(flag, 'layers')],
    ['Owner', textAt(flag, 'owner')],
  ])
}

function variantsTable({ flag }: DocumentFacts): Block {
  const [first] = rowsAt(flag, 'environments')
  const variants = valueAt(first, 'variants')
  const rows = isObject(variants)
    ? Object.entries(variants).map(([name, value]): readonly Line[] => [name, code(JSON.stringify(value))])
    : []
  return table(['Variant', 'Value'], rows)
}

function stateText({ feature }: DocumentFacts): Block {
  return text([
    'The flag is created off everywhere and stays off in protected environments until the rollout of the approved plan turns it on. Whether it is on at this moment is no part of this document: ',
    code(`flagmarshal flag show ${commandWord(feature.flag)}`),
    ' says it.',
  ])
}

function segmentsTable({ flag }: DocumentFacts): Block {
  const rows = rowsAt(flag, 'environments').flatMap((it) =>
    rowsAt(it, 'segments').map((one) => [
      textAt(it, 'environment'),
      textAt(one, 'key'),
      conditionWords(one['when']) || 'its list of members',
    ]),
  )
  return table(['Environment', 'Segment', 'Members'], rows, 'The rules name no segment.')
}

function implementationTable({ outputs }: DocumentFacts): Block {
  const rows = rowsAt(outputs['flags'], 'implementation').map((it) => [
    textAt(it, 'layer'),
    referenceAt(it, 'reference'),
    textAt(it, 'summary'),
  ])
  return table(['Layer', 'Code', 'How'], rows)
}

function environmentsTable({ environments }: DocumentFacts): Block {
  const rows = environments.map((it) => [
    it.key,
    it.protected ? 'only by an approved plan' : 'by whoever may change flags',
  ])
  return table(['Environment', 'Turned on'], rows)
}

function deliveryOf(): readonly Block[] {
  return [
    list([
      'Delivery: a change reaches connected applications as an event on their stream; those that poll see it with their next request.',
      'Fallback: an application evaluates in its own memory. Without the server it goes on with what it has; before it ever connected it uses the default in its code.',
    ]),
  ]
}

function servedOn(environment: JsonObject): string {
  const rules = rowsAt(environment, 'rules').length
  const rest = serveWords(environment['fallthrough'])
  if (rules === 0 || rest === '') return rest
  return `${rules === 1 ? 'what its rule says' : `what its ${rules} rules say`}, then ${rest}`
}

function valueOf(environment: JsonObject, variant: string): string {
  const value = valueAt(environment['variants'], variant)
  return value === undefined ? '' : `${variant} = ${JSON.stringify(value)}`
}

/** The layers that the flag names. */
export function layersOf({ flag }: DocumentFacts): readonly string[] {
  return linesAt(flag, 'layers')
}
