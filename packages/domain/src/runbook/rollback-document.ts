/** Document 8: what sets a rollback off, and each way back with its verification. */
import type { Json } from '../audit/canonical.ts'
import { commandWord } from '../flag/key.ts'
import { evidenceBlocks } from './evidence-blocks.ts'
import type { DocumentFacts } from './facts.ts'
import { linesAt, referenceAt, rowsAt, textAt, valueAt, withUnit } from './facts.ts'
import { planEnvironment } from './reference-documents.ts'
import { decisionsTable } from './strategy-document.ts'
import type { Block, Document } from './tree.ts'
import { commands, fields, section, steps, table, text } from './tree.ts'

export const ROLLBACK_OUTLINE = [
  'triggers',
  'decision-tree',
  'quick-disable',
  'code',
  'data',
  'infrastructure',
  'watch',
  'handover',
  'drill',
  'decisions',
] as const

export function rollbackDocument(facts: DocumentFacts): Document {
  const output = facts.outputs['rollback']
  const at = (path: string) => textAt(output, path)
  return {
    name: 'rollback-procedures',
    title: `Rollback procedures: ${facts.feature.name}`,
    sections: [
      section('triggers', 'Triggers', triggersTable(facts)),
      section(
        'decision-tree',
        'In which order',
        steps([
          'Turn the flag off. It waits for nobody.',
          'Verified off, and the service recovers: watch, and report.',
          'It does not recover: put the previous version of the code back.',
          'Data was harmed: the data rollback, with explicit confirmation.',
        ]),
      ),
      section('quick-disable', 'Quick disable', ...quickDisable(facts)),
      section(
        'code',
        'Code rollback',
        fields([
          ['Precondition', 'The flag is off, and the service has not recovered.'],
          ['Back to', at('codeRollback.targetVersion')],
          ['Carried out', carriedOut(output, 'codeRollback')],
          ['Verified by', at('codeRollback.verify')],
          ['Who', rolesOf(facts)],
        ]),
        steps(linesAt(output, 'codeRollback.steps')),
      ),
      section('data', 'Data rollback', ...dataRollback(facts)),
      section('infrastructure', 'Infrastructure rollback', ...infrastructureRollback(facts)),
      section(
        'watch',
        'Watch afterwards',
        fields([
          ['After the flag', minutes(at('quickDisable.watchMinutes'))],
          ['After the code', minutes(at('codeRollback.watchMinutes'))],
          ['After data', dataWatch(facts)],
          ['Who is told', [...facts.feature.stakeholders, rolesOf(facts)].join(', ')],
        ]),
      ),
      section(
        'handover',
        'Hand-over',
        fields([
          ['Procedure', at('handover.procedure')],
          ['Definition', definitionOf(output)],
          ['Where', referenceAt(output, 'handover.reference')],
        ]),
      ),
      section('drill', 'Last test of it', ...evidenceBlocks(facts, 5)),
      section('decisions', 'Decisions', decisionsTable(facts, [5])),
    ],
  }
}

function triggersTable({ outputs }: DocumentFacts): Block {
  const rows = rowsAt(outputs['rollback'], 'triggers').map((it) => {
    const criterion = textAt(it, 'bound.criterion')
    return [
      textAt(it, 'class'),
      textAt(it, 'event'),
      criterion === '' ? noticedBy(it) : `criterion ${criterion}`,
    ]
  })
  return table(['Class', 'Event', 'Noticed by'], rows)
}

function quickDisable(facts: DocumentFacts): readonly Block[] {
  const quick = valueAt(facts.outputs['rollback'], 'quickDisable')
  const { flag } = facts.feature
  return [
    commands(
      `flagmarshal kill ${commandWord(flag)} -e ${planEnvironment(facts)} --reason "what is wrong" --wait 10s`,
    ),
    text('While a rollout runs, this serves the old version and keeps counting:'),
    commands(`flagmarshal rollout rollback ${commandWord(flag)} --reason "what is wrong"`),
    text(
      'While the server cannot be reached: where the application runs, in a file that it obeys within a second',
    ),
    commands(`echo '{${JSON.stringify(flag)}: ${offValue(facts)}}' > "$FLAGMARSHAL_OVERRIDE_FILE"`),
    text('or, where it was started without such a file, in its environment before a restart:'),
    commands(`FLAGMARSHAL_OVERRIDES='${flag}=${offValue(facts)}'`),
    steps(linesAt(quick, 'steps')),
    fields([
      ['Precondition', 'none'],
      ['Expected', 'Every connected instance is named as confirmed; the command ends with 0.'],
      ['Verified by', textAt(quick, 'verify')],
      ['Time budget', '10 seconds'],
      ['Who', 'whoever notices'],
      ['Point of no return', 'none: it can be turned on again through the gate'],
    ]),
  ]
}

/** What the flag serves when it is off, as JSON. */
function offValue(facts: DocumentFacts): string {
  const environments = rowsAt(facts.flag, 'environments')
  const production = planEnvironment(facts)
  const it = environments.find((row) => textAt(row, 'environment') === production) ?? environments[0]
  const value = valueAt(valueAt(it, 'variants'), textAt(it, 'offVariant'))
  return JSON.stringify(value ?? false)
}

function dataRollback({ outputs }: DocumentFacts): readonly Block[] {
  const data = valueAt(outputs['rollback'], 'dataRollback')
  const reason = textAt(data, 'reason')
  if (textAt(data, 'needed') === 'no') return [text(reason === '' ? '' : `Not needed: ${reason}`)]
  if (textAt(data, 'supported') === 'no') return [text(reason === '' ? '' : `Not supported: ${reason}`)]
  return [
    steps(linesAt(data, 'steps')),
    fields([
      ['Carried out', carriedOut(outputs['rollback'], 'dataRollback')],
      ['Integrity check', textAt(data, 'integrityCheck')],
      ['Point of no return', 'from the first step on; never without explicit confirmation'],
    ]),
  ]
}

function rolesOf({ people }: DocumentFacts): string {
  return (people['operations-lead'] ?? []).join(', ')
}

function minutes(count: string): string {
  return withUnit(count, 'minutes')
}

function noticedBy(trigger: Json): string {
  const [alert, report, person] = ['alert', 'report', 'person'].map((it) => textAt(trigger, `bound.${it}`))
  if (alert !== '' && alert !== undefined) return `the alert ${alert}`
  if (report !== '' && report !== undefined)
    return `a report of ${report}, ${textAt(trigger, 'bound.severity')} or worse`
  return person === '' || person === undefined ? '' : `reported by ${person}`
}

/** By a hook in its version, or by hand and why. */
function carriedOut(output: Json | undefined, part: string): string {
  const hook = textAt(output, `${part}.hook.key`)
  const version = textAt(output, `${part}.hook.version`)
  if (hook !== '') return version === '' ? '' : `by the hook ${hook} in version ${version}`
  const byHand = textAt(output, `${part}.byHand`)
  return byHand === '' ? '' : `by hand: ${byHand}`
}

function dataWatch({ outputs }: DocumentFacts): string {
  const every = textAt(outputs['rollback'], 'dataRollback.watch.everySeconds')
  const within = textAt(outputs['rollback'], 'dataRollback.watch.forSeconds')
  return every === '' ? 'data is not put back' : `every ${every} s for ${within} s, by the integrity check`
}

function infrastructureRollback({ outputs }: DocumentFacts): readonly Block[] {
  const output = outputs['rollback']
  const part = valueAt(output, 'infrastructureRollback')
  if (textAt(part, 'needed') === 'no') return [text(`Not needed: ${textAt(part, 'reason')}`)]
  if (part === undefined) return [text('The feature changes no infrastructure.')]
  return [
    steps(linesAt(part, 'steps')),
    fields([
      ['Carried out', carriedOut(output, 'infrastructureRollback') || 'by hand'],
      ['Verified by', textAt(part, 'verify')],
      ['Watched afterwards', minutes(textAt(part, 'watchMinutes'))],
    ]),
  ]
}

function definitionOf(output: Json | undefined): string {
  const id = textAt(output, 'handover.definition.id')
  const version = textAt(output, 'handover.definition.version')
  return id === '' || version === '' ? '' : `${id}, version ${version}`
}
