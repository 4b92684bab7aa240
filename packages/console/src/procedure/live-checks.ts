/**
 * The server's own checks of what is written, asked while somebody writes. What they need beside
 * that (instances, connections, documents) only the server has: it looks when the checks are run.
 */
import { checkMonitoring } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-operations'
import { checkTimeline } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-plan'
import {
  checkAtOnce,
  checkReview,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/check-requirements'
import {
  checkCodeRollback,
  checkDataRollback,
  checkDataWatch,
  checkDescribed,
  checkTriggers,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/check-rollback'
import type { InputFacts, WrittenFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { Outputs } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
import type { CheckOutcome } from '@flagmarshal/domain/procedure/run'

import { fieldsOf } from '../form/field.ts'
import type { Answer } from '../query.ts'

export interface LiveCheck {
  readonly id: string
  readonly outcome: CheckOutcome
}

type Ask = (facts: WrittenFacts) => CheckOutcome

const CHECKS: Readonly<Record<string, readonly (readonly [string, Ask])[]>> = {
  plan: [
    ['P-S3-4', checkTimeline],
    ['P-S3-8', checkAtOnce],
    ['P-S3-9', checkReview],
  ],
  monitoring: [['P-S4-1', checkMonitoring]],
  rollback: [
    ['P-S5-1', checkTriggers],
    ['P-S5-3', checkCodeRollback],
    ['P-S5-4', checkDataRollback],
    ['P-S5-5', checkDescribed],
    ['P-S5-8', checkDataWatch],
  ],
}

/** What the checks of a step say of a draft; `outputs` holds those of the other steps, by their ids. */
export function liveChecks(
  step: string,
  draft: object,
  outputs: Readonly<Record<string, object>>,
  run: Answer<'showRun'>,
): readonly LiveCheck[] {
  const written = {
    strategy: {},
    flags: {},
    plan: {},
    monitoring: {},
    rollback: {},
    ...outputs,
    [step]: draft,
  }
  // The server has checked the shape of what it has, and the form that of the draft.
  const facts = { outputs: written as Outputs, inputs: inputFactsOf(run) }
  return (CHECKS[step] ?? []).map(([id, ask]) => ({ id, outcome: ask(facts) }))
}

/** What the checks need of the inputs. */
function inputFactsOf(run: Answer<'showRun'>): InputFacts {
  const value = (id: string) => fieldsOf(run.inputs.find((it) => it.id === id)?.value)
  const { mode, earliestStart, deadline } = value('P-I9')
  const tolerance = value('P-I10')
  const { previousVersion } = value('P-I12')
  const given = {
    mode,
    earliestStart,
    deadline,
    previousVersion,
    tolerance: Object.keys(tolerance).length === 0 ? undefined : tolerance,
  }
  return Object.fromEntries(Object.entries(given).filter(([, it]) => it !== undefined))
}
