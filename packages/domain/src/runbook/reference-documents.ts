/** Documents 3 to 5: the quick reference, how to turn the flag off and on, and what to do when something is odd. */
import { commandWord } from '../flag/key.ts'
import type { DocumentFacts } from './facts.ts'
import { isObject, rowsAt, textAt, valueAt } from './facts.ts'
import { layersOf, rulesTable, valuesTable } from './flag-document.ts'
import { peopleTable } from './plan-document.ts'
import type { Block, Document, Line } from './tree.ts'
import { code, commands, fields, list, section, steps, table, text } from './tree.ts'

export const REFERENCE_OUTLINE = ['flag', 'states', 'rules', 'people', 'commands'] as const
export const TOGGLE_OUTLINE = ['off', 'verify-off', 'on', 'propagation'] as const
export const TROUBLESHOOTING_OUTLINE = ['symptoms', 'first-look'] as const

/** Document 3, one page. */
export function referenceDocument(facts: DocumentFacts): Document {
  const { flag, feature } = facts
  return {
    name: 'flag-reference',
    title: `Quick reference: ${feature.flag}`,
    sections: [
      section(
        'flag',
        'The flag',
        fields([
          ['Key', code(textAt(flag, 'flag'))],
          ['Type', textAt(flag, 'kind')],
          ['Layers', layersOf(facts).join(', ')],
          ['Variants', variantsOf(facts)],
          ['Owner', textAt(flag, 'owner')],
          ['Ticket', ticketOf(facts)],
        ]),
      ),
      section('states', 'Served in each environment', valuesTable(facts)),
      section('rules', 'Rules in words', rulesTable(facts)),
      section(
        'people',
        'Who may toggle',
        text(
          'Everybody who may work on the project may turn it off. Turning it on in a protected environment takes an approved plan.',
        ),
        peopleTable(facts),
      ),
      section(
        'commands',
        'Commands',
        ...perEnvironment(facts, (environment) => [
          `flagmarshal kill ${commandWord(feature.flag)} -e ${environment} --wait 10s`,
        ]),
        commands(
          `flagmarshal flag show ${commandWord(feature.flag)}`,
          `flagmarshal rollout status ${commandWord(feature.flag)}`,
          `flagmarshal feature show ${feature.key}`,
        ),
      ),
    ],
  }
}

/** Document 4: off first. */
export function toggleDocument(facts: DocumentFacts): Document {
  const { feature, project } = facts
  const environment = planEnvironment(facts)
  return {
    name: 'toggle-procedure',
    title: `Turning ${feature.flag} off and on`,
    sections: [
      section(
        'off',
        'Off',
        text('Command line:'),
        commands(
          `flagmarshal kill ${commandWord(feature.flag)} -e ${environment} --reason "what is wrong" --wait 10s`,
        ),
        text('API:'),
        commands(
          `curl -X POST $FLAGMARSHAL_SERVER/api/v1/projects/${project}/flags/${encodeURIComponent(feature.flag)}/environments/${environment}/kill \\`,
          `  -H "Authorization: Bearer $FLAGMARSHAL_TOKEN" -H 'Content-Type: application/json' -d '{"reason": "what is wrong"}'`,
        ),
        text(
          'Without the server: deploy the application with the default in its code, or put the previous version back (rollback-procedures.md). An application that cannot reach the server keeps what it got last.',
        ),
      ),
      section(
        'verify-off',
        'Verify that it is off',
        steps([
          'The command names each connected instance that has confirmed. It ends with 0 once all have, and with 9 where one has not.',
          [
            'Look again with ',
            code(`flagmarshal flag show ${commandWord(feature.flag)}`),
            ': the environment says off.',
          ],
          'An instance that does not confirm is restarted, or taken out of traffic.',
        ]),
      ),
      section(
        'on',
        'On',
        steps([
          [
            'Ask the gate: ',
            code(`flagmarshal gate check ${feature.key} --gate plan-approved`),
            '. It ends with 3 while it is closed, and says what is missing.',
          ],
          [
            'Start the approved rollout: ',
            code(`flagmarshal rollout start ${feature.key}`),
            '. It turns the flag on and exposes nobody before it has observed.',
          ],
          'Outside protected environments whoever may change flags turns it on by hand.',
        ]),
      ),
      section(
        'propagation',
        'How long it takes',
        text(
          'Instances with a stream get a change within the second; those that poll within their interval. Whoever has not confirmed is named, never counted as off.',
        ),
      ),
    ],
  }
}

/** Document 5: symptom, check, fix. */
export function troubleshootingDocument(facts: DocumentFacts): Document {
  const { feature } = facts
  const environment = planEnvironment(facts)
  const explain = code(`flagmarshal flag explain ${commandWord(feature.flag)} -e ${environment}`)
  const rows: readonly (readonly Line[])[] = [
    [
      'A user does not get it',
      [explain, ' with the user as context'],
      'Correct the context, or wait for the stage that exposes the user.',
    ],
    [
      'A user gets it and should not',
      [explain, ': which rule matched'],
      'Correct the rule outside of a rollout; inside of one, roll back.',
    ],
    [
      'An application serves something old',
      'the age of the revision in its health answer',
      'Restart it, or let it reach the server again.',
    ],
    [
      'The rollout says no data',
      'whether requests reach both arms, and the instances report',
      'Send traffic, or correct the SDK key; the rollout holds meanwhile.',
    ],
    [
      'The split is wrong',
      'the sample-ratio check of the rollout',
      'Look for an application that buckets by another attribute.',
    ],
    [
      'An alert is silent',
      'the person and channel in monitoring-record.md',
      'Repair the channel and test it before going on.',
    ],
    [
      'A stage does not advance',
      code(`flagmarshal rollout status ${commandWord(feature.flag)}`),
      'It names the criterion that is not Go, or the person it waits for.',
    ],
    [
      'An approval does not hold',
      code(`flagmarshal feature bundle ${feature.key}`),
      'It names what differs; have the changed steps decided and approved again.',
    ],
    [
      'Another system is down',
      'the signals that are still pending',
      'They are sent once it is back; turning off never waits for them.',
    ],
  ]
  return {
    name: 'troubleshooting',
    title: `Troubleshooting ${feature.flag}`,
    sections: [
      section('symptoms', 'Symptom, check, fix', table(['Symptom', 'Check', 'Fix'], rows)),
      section(
        'first-look',
        'Where to look first',
        commands(
          `flagmarshal flag show ${commandWord(feature.flag)}`,
          `flagmarshal rollout status ${commandWord(feature.flag)}`,
          'flagmarshal audit tail -n 20',
        ),
      ),
    ],
  }
}

/** The environment that the plan is for; empty while there is no plan. */
export function planEnvironment({ outputs }: DocumentFacts): string {
  return textAt(outputs['plan'], 'plan.environment')
}

/** The ticket in words. */
export function ticketOf({ feature: { ticket } }: DocumentFacts): string {
  return 'none' in ticket ? `none: ${ticket.none}` : `${ticket.key} ${ticket.url}`
}

function variantsOf({ flag }: DocumentFacts): string {
  const variants = valueAt(rowsAt(flag, 'environments')[0], 'variants')
  if (!isObject(variants)) return ''
  return Object.entries(variants)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ')
}

function perEnvironment(
  { environments }: DocumentFacts,
  line: (key: string) => readonly string[],
): readonly Block[] {
  return environments.length === 0 ? [list([])] : [commands(...environments.flatMap((it) => line(it.key)))]
}
