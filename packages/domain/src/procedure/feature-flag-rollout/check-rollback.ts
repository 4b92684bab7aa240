/**
 * The checks of step 5: what sets a rollback off, and whether the ways back lead where they should.
 */
import { compile } from '@flagmarshal/evaluation'

import type { HookPart } from '../../rollback/hook.ts'
import type { CheckOutcome, JsonObject } from '../run.ts'
import type { AlertLookup, FlagRolloutFacts, RollbackSurroundings, WrittenFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { HookName, Outputs, TriggerBound, TriggerClass } from './outputs.ts'

const CLASSES: readonly TriggerClass[] = ['critical', 'performance', 'user-impact']

/** P-S5-1. */
export function checkTriggers({ outputs, rollback, alertRules }: WrittenFacts): CheckOutcome {
  const triggers = outputs.rollback.triggers ?? []
  const criteria = outputs.plan.plan?.criteria.map((it) => it.id) ?? []
  const loose = triggers.flatMap(({ event, bound }) => {
    const fault = faultOfBound(bound, criteria, rollback)
    return fault === undefined ? [] : [`"${event}" is bound to ${fault}`]
  })
  const alerts = outputs.monitoring.alerts ?? []
  const silent = triggers.flatMap(({ event, bound }) =>
    'criterion' in bound &&
    criteria.includes(bound.criterion) &&
    !alerts.some((it) => it.criterion === bound.criterion)
      ? [`"${event}" is set off by ${bound.criterion}, which step 4 has no alert for`]
      : [],
  )
  const missing = CLASSES.filter((it) => !triggers.some((one) => one.class === it))
  const names = alertsFromOutside(outputs)
  const rules = rulesOf(names, alertRules)
  const wrong = [...missing.map((it) => `no trigger of class ${it}`), ...loose, ...silent, ...rules.wrong]
  const facts = { triggers: triggers.length, ...rules.facts }
  if (wrong.length > 0 || rules.unknown.length === 0) return outcome(wrong, facts)
  return { state: 'unknown', findings: rules.unknown, facts }
}

/** The names of alerts that set a rollback off and are made by rules of others. */
export function alertsFromOutside({ plan, rollback }: Pick<Outputs, 'plan' | 'rollback'>): readonly string[] {
  const criteria = plan.plan?.criteria.map((it) => it.id) ?? []
  const named = (rollback.triggers ?? []).flatMap(({ bound }) => ('alert' in bound ? [bound.alert] : []))
  return [...new Set(named)].filter((it) => !criteria.includes(it))
}

/** The rule of each alert, linked; where no Prometheus is connected nobody knows it. */
function rulesOf(
  names: readonly string[],
  lookup: AlertLookup | undefined,
): { readonly wrong: readonly string[]; readonly unknown: readonly string[]; readonly facts: JsonObject } {
  if (names.length === 0 || lookup === undefined) return { wrong: [], unknown: [], facts: {} }
  const { rules, asked, failed } = lookup
  const facts = {
    alertRules: rules.map((it) => ({ ...it })),
    ...(asked.length + failed.length === 0
      ? { alertRulesNotLookedUp: 'no Prometheus is connected where the plan rolls out' }
      : {}),
  }
  const lost = names.filter((name) => !rules.some((it) => it.alert === name))
  const sick = rules
    .filter((it) => it.health === 'err')
    .map((it) => `the rule of the alert ${it.alert} in ${it.connection} fails`)
  if (failed.length > 0) {
    const unknown = lost.map((it) => `the rule of the alert ${it} was not found: ${failed.join('; ')}`)
    return { wrong: sick, unknown, facts }
  }
  const absent = lost.map((it) => `no rule of the alert ${it} is loaded in ${asked.join(', ')}`)
  return { wrong: asked.length === 0 ? [] : [...absent, ...sick], unknown: [], facts }
}

function faultOfBound(
  bound: TriggerBound,
  criteria: readonly string[],
  surroundings: RollbackSurroundings | undefined,
): string | undefined {
  if ('criterion' in bound) {
    const known = criteria.includes(bound.criterion)
    return known ? undefined : `the criterion ${bound.criterion}, which the plan does not have`
  }
  if (surroundings === undefined) return undefined
  if ('alert' in bound) {
    // Its rule is looked up where rules are known; that anything can send it is known here.
    const known = criteria.includes(bound.alert) || surroundings.sources.length > 0
    return known ? undefined : `the alert ${bound.alert}, and nothing is connected that could send it`
  }
  if ('report' in bound || surroundings.people.includes(bound.person)) return undefined
  return `${bound.person}, who is neither a person nor a role here`
}

/** P-S5-2: a disabled flag serves the variant that the plan goes back to, in the environment of the plan. */
export function checkQuickDisable({ outputs, flag, environments }: FlagRolloutFacts): CheckOutcome {
  const { plan } = outputs.plan
  const served = flag?.configurations.find((it) => it.environment === plan?.environment)?.flag
  if (plan === undefined || flag === undefined || served === undefined)
    return unknown('there is no plan, or no flag in its environment')
  const segments = environments.find((it) => it.key === plan.environment)?.segments ?? []
  const compiled = compile({ flags: [{ ...served, enabled: false }], segments })
  const evaluation = compiled.flag(flag.key)?.decide({ targetingKey: 'synthetic-1' }).evaluation
  const variant = evaluation !== undefined && 'variant' in evaluation ? evaluation.variant : 'an error'
  return outcome(
    variant === plan.control
      ? []
      : [`disabled, the flag serves ${variant}; the plan goes back to ${plan.control}`],
    { serves: variant },
  )
}

/** P-S5-3: back to the documented version, by a hook for code, or by hand with the reason. */
export function checkCodeRollback({ outputs, inputs, rollback }: WrittenFacts): CheckOutcome {
  const { codeRollback } = outputs.rollback
  if (codeRollback === undefined || inputs.previousVersion === undefined)
    return unknown('the code rollback, or P-I12, is missing')
  const { targetVersion: target, hook, byHand } = codeRollback
  const agree = target === inputs.previousVersion
  const how =
    hook === undefined && byHand === undefined ? ['no hook carries it out, and it is not said why'] : []
  return outcome(
    [
      ...(agree ? [] : [`it goes back to ${target}; P-I12 documents ${inputs.previousVersion}`]),
      ...how,
      ...faultsOfHookName(hook, 'code', rollback),
    ],
    {
      targetVersion: target,
      ...(hook === undefined ? { byHand: byHand ?? '' } : { hook: `${hook.key}@${hook.version}` }),
    },
  )
}

/** P-S5-4: by a hook with an integrity check; otherwise it is said that it cannot be, or need not be. */
export function checkDataRollback({ outputs, rollback }: WrittenFacts): CheckOutcome {
  const data = outputs.rollback.dataRollback
  if (data === undefined) return unknown('nothing is said of data')
  if ('needed' in data) return outcome([], { needed: 'no', reason: data.reason })
  if (!data.supported) return outcome([], { supported: 'no', reason: data.reason })
  return outcome(
    [
      ...(data.hook === undefined ? ['no hook carries it out: data is put back by its contract only'] : []),
      ...faultsOfHookName(data.hook, 'data', rollback),
    ],
    {
      integrityCheck: data.integrityCheck,
      hook: data.hook === undefined ? '' : `${data.hook.key}@${data.hook.version}`,
    },
  )
}

/** P-S5-5: steps, verification and watch of each way back that applies. */
export function checkDescribed({ outputs }: WrittenFacts): CheckOutcome {
  const { quickDisable, codeRollback, dataRollback, infrastructureRollback } = outputs.rollback
  const ways: readonly (readonly [string, Described | undefined])[] = [
    ['quick disable', quickDisable],
    ['code rollback', codeRollback],
    ...(infrastructureRollback === undefined || 'needed' in infrastructureRollback
      ? []
      : [['infrastructure rollback', infrastructureRollback] as const]),
  ]
  const missing = ways.flatMap(([name, it]) => [
    ...((it?.steps ?? []).length === 0 ? [`${name}: no steps`] : []),
    ...(it?.verify === undefined || it.verify === '' ? [`${name}: no verification`] : []),
    ...(it?.watchMinutes === undefined ? [`${name}: no watch afterwards`] : []),
  ])
  const data = dataRollback === undefined ? ['data rollback: nothing is said'] : []
  return outcome([...missing, ...data], { ways: ways.map(([name]) => name) })
}

interface Described {
  readonly steps?: readonly string[]
  readonly verify?: string
  readonly watchMinutes?: number
}

/** P-S5-8: declared where data can be put back; there is nothing to watch where it cannot. */
export function checkDataWatch({ outputs }: WrittenFacts): CheckOutcome {
  const data = outputs.rollback.dataRollback
  if (data === undefined) return unknown('nothing is said of data')
  if (!('watch' in data)) return outcome([], { watched: 'nothing: data is not put back' })
  const { everySeconds, forSeconds } = data.watch
  return outcome(
    forSeconds < everySeconds
      ? [`watched for ${forSeconds} s, and looked at every ${everySeconds} s only`]
      : [],
    { everySeconds, forSeconds },
  )
}

/** Why the outputs cannot name this hook for a part. */
function faultsOfHookName(
  name: HookName | undefined,
  part: HookPart,
  surroundings: RollbackSurroundings | undefined,
): readonly string[] {
  if (name === undefined || surroundings === undefined) return []
  const found = surroundings.hooks.find((it) => it.key === name.key && it.version === name.version)
  if (found === undefined) return [`there is no hook ${name.key} in version ${name.version}`]
  return found.part === part ? [] : [`the hook ${name.key} puts ${found.part} back, not ${part}`]
}
