/**
 * The checks of step 1: the strategy's consistency rules, and the life of the flag.
 */
import { lintLife, lintStrategy } from '../../flag/lint.ts'
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** P-S1-10. */
export function checkStrategy({ outputs, inputs }: FlagRolloutFacts): CheckOutcome {
  const { strategy } = outputs
  if (Object.keys(strategy).length === 0) return unknown('there is no strategy yet')
  const faults = lintStrategy(strategy, {
    ...(inputs.codeLayers === undefined ? {} : { codeLayers: inputs.codeLayers }),
    ...(inputs.mode === undefined ? {} : { required: inputs.mode }),
  })
  return outcome(faults.map((it) => `${it.rule}: ${it.message}`))
}

/** P-S1-12. */
export function checkLife({ outputs }: FlagRolloutFacts): CheckOutcome {
  const { strategy } = outputs
  if (strategy.life === undefined || strategy.type === undefined)
    return unknown('the life of the flag is not written yet')
  return outcome(lintLife(strategy).map((it) => `${it.rule}: ${it.message}`))
}
