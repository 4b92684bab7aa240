/**
 * The last checks before a rollout starts (P-V3): what was approved may have been hours ago, and
 * what watches the rollout may have gone meanwhile.
 */
import { featureFlagRollout } from '@flagmarshal/domain/procedure/feature-flag-rollout'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { RunKey } from './load.ts'
import { runChecks } from './run-checks.ts'
import type { CheckParts } from './run-checks.ts'

const CHECK = 'P-V3'

/** Why the rollout of a run must not start now. A run that nobody knows is judged by whoever starts it. */
export async function faultBeforeStart(
  context: Context,
  parts: CheckParts,
  key: RunKey,
): Promise<Refusal | undefined> {
  const checks = await runChecks(context, parts, { ...key, step: featureFlagRollout.steps.length })
  if (isRefusal(checks)) return undefined
  const last = checks.find((it) => it.id === CHECK)
  // What cannot be looked at is no pass: neither here nor when the approvals were asked for.
  if (last?.state !== 'fail' && last?.state !== 'unknown') return undefined
  return refuse(
    'last-check-failed',
    `${CHECK} ${last.state === 'fail' ? 'fails' : 'is unknown'}: ${last.findings.join('; ')}.`,
    'Put it right and start again.',
  )
}
