/**
 * The checks of step 5: what sets a rollback off, and whether the ways back lead where they should.
 */
import { compile } from '@flagmarshal/evaluation'

import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'
import type { TriggerClass } from './outputs.ts'

const CLASSES: readonly TriggerClass[] = ['critical', 'performance', 'user-impact']

/** P-S5-1. */
export function checkTriggers({ outputs }: FlagRolloutFacts): CheckOutcome {
  const triggers = outputs.rollback.triggers ?? []
  const criteria = outputs.plan.plan?.criteria.map((it) => it.id) ?? []
  const loose = triggers.flatMap(({ event, bound }) =>
    'criterion' in bound && !criteria.includes(bound.criterion)
      ? [`"${event}" is bound to the criterion ${bound.criterion}, which the plan does not have`]
      : [],
  )
  const alerts = outputs.monitoring.alerts ?? []
  const silent = triggers.flatMap(({ event, bound }) =>
    'criterion' in bound &&
    criteria.includes(bound.criterion) &&
    !alerts.some((it) => it.criterion === bound.criterion)
      ? [`"${event}" is set off by ${bound.criterion}, which step 4 has no alert for`]
      : [],
  )
  const missing = CLASSES.filter((it) => !triggers.some((one) => one.class === it))
  return outcome([...missing.map((it) => `no trigger of class ${it}`), ...loose, ...silent], {
    triggers: triggers.length,
  })
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

/** P-S5-3. */
export function checkCodeRollback({ outputs, inputs }: FlagRolloutFacts): CheckOutcome {
  const target = outputs.rollback.codeRollback?.targetVersion
  if (target === undefined || inputs.previousVersion === undefined)
    return unknown('the code rollback, or P-I12, is missing')
  const agree = target === inputs.previousVersion
  return outcome(agree ? [] : [`it goes back to ${target}; P-I12 documents ${inputs.previousVersion}`], {
    targetVersion: target,
  })
}
