/**
 * What people say inside a rollout: approvals of an increment, criteria set aside for a time,
 * reviews, and a plan that was approved anew. Each is a person's with a leading role, has a reason
 * and is kept with what was to be seen at that moment.
 */
import type { Rollout as RolloutView } from '@flagmarshal/api/rollout'
import { ROLES } from '@flagmarshal/domain/access/permission'
import type { Role } from '@flagmarshal/domain/access/permission'
import { whyUnproven } from '@flagmarshal/domain/access/proof'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { adoptPlan } from '@flagmarshal/domain/rollout/adopt'
import { allVerdicts } from '@flagmarshal/domain/rollout/advance'
import type { Rollout } from '@flagmarshal/domain/rollout/model'
import type { ReportSeen } from '@flagmarshal/domain/rollout/reports'
import { sentenceOfVerdict } from '@flagmarshal/domain/rollout/sentence'
import { evidenceText } from '@flagmarshal/domain/rollout/stage-approval'
import { transition } from '@flagmarshal/domain/rollout/transition'

import type { Context } from '../context.ts'
import { readFlagConfig } from '../flag/serve-rollout-rule.ts'
import { policyOf } from '../project/policy.ts'
import { notFound } from '../refusals.ts'
import { reportsSeen } from '../report/seen.ts'
import type { Tx } from '../storage/database.ts'
import { databaseNow, lockFlagConfig } from '../storage/flags.ts'
import { lockRollout, updatePlan } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { carryOut } from './carry-out.ts'
import { faultOf } from './measure.ts'
import { evidenceHash } from './people-view.ts'
import type { RolloutParts } from './ports.ts'
import type { Recorded, Said } from './record.ts'
import { showStored } from './show-rollout.ts'

/** Which rollout, and why. */
export interface Wish {
  readonly project: string
  readonly rollout: string
  readonly reason: string
}

/** What is to happen, once it was found to be possible. */
interface Outcome {
  readonly after: Rollout
  readonly recorded: Recorded
  /** Another plan, from now on. */
  readonly stored?: StoredRollout
}

interface Present {
  readonly tx: Tx
  readonly context: Context
  readonly stored: StoredRollout
  readonly reports: readonly ReportSeen[]
  readonly said: Required<Said>
}

/** Those who answer for a rollout; an administrator is none of them. */
const LEADS: readonly Role[] = ROLES.filter(
  (it) => it === 'technical-lead' || it === 'operations-lead' || it === 'product-owner',
)

/** Approves the increment that waits for a person, on the evidence that was looked at. */
export async function approveRollout(
  context: Context,
  parts: RolloutParts,
  wish: Wish & { readonly evidence: string },
): Promise<RolloutView | Refusal> {
  return await perform(context, parts, wish, async ({ tx, context: timed, stored, reports, said }) => {
    const { plan, rollout, bundleHash } = stored
    const unproven = await unprovenIn(tx, stored.project, timed)
    if (unproven !== undefined) return unproven
    if ((await faultOf(parts.rolloutPorts, tx, stored)) !== undefined) {
      return refuse(
        'approval-void',
        'The approval of the bundle does not hold any more.',
        'Have the changed bundle approved first.',
      )
    }
    const evidence = evidenceHash(stored, reports, timed.now)
    if (evidence !== wish.evidence) {
      return refuse(
        'evidence-changed',
        `The evidence says something else by now: ${evidence}.`,
        'Look at the verdicts again and approve what they say now.',
        '/evidence',
      )
    }
    const verdicts = allVerdicts(plan, rollout, { reports }, timed.now)
    const approval = {
      by: said.by,
      at: timed.now.toISOString(),
      bundleHash,
      evidence: evidenceText(rollout, verdicts),
    }
    const after = transition(plan, rollout, { kind: 'approve', approval }, timed.now)
    if (isRefusal(after)) return after
    const sentences = verdicts.map(sentenceOfVerdict)
    return { after, recorded: { kind: 'approved', ...said, evidence, bundleHash, verdicts: sentences } }
  })
}

/** Sets a criterion aside for a time: it does not keep the rollout from advancing. */
export async function overrideRollout(
  context: Context,
  parts: RolloutParts,
  wish: Wish & { readonly criterion: string; readonly until: string },
): Promise<RolloutView | Refusal> {
  const { criterion, until } = wish
  return await perform(context, parts, wish, async ({ tx, context: timed, stored, said }) => {
    const unproven = await unprovenIn(tx, stored.project, timed)
    if (unproven !== undefined) return unproven
    const event = {
      kind: 'override',
      criterion,
      until: new Date(until),
      by: said.by,
      reason: said.reason,
    } as const
    const after = transition(stored.plan, stored.rollout, event, timed.now)
    return isRefusal(after) ? after : { after, recorded: { kind: 'overridden', ...said, criterion, until } }
  })
}

/** Says after a look how it goes on (P-X5). */
export async function reviewRollout(
  context: Context,
  parts: RolloutParts,
  wish: Wish & { readonly outcome: 'continue' | 'pause' | 'roll-back' },
): Promise<RolloutView | Refusal> {
  const { outcome } = wish
  return await perform(context, parts, wish, ({ context: { now }, stored, reports, said }) => {
    const { plan, rollout } = stored
    const act = { by: said.by, reason: said.reason }
    const reviewed = transition(plan, rollout, { kind: 'review', ...act }, now)
    const after =
      isRefusal(reviewed) || outcome === 'continue'
        ? reviewed
        : transition(plan, reviewed, { kind: outcome, ...act }, now)
    if (isRefusal(after)) return after
    const verdicts = allVerdicts(plan, rollout, { reports }, now).map(sentenceOfVerdict)
    return { after, recorded: { kind: 'reviewed', ...said, outcome, verdicts } }
  })
}

/** Takes over the plan of the run as it is approved now. */
export async function adoptApprovedPlan(
  context: Context,
  parts: RolloutParts,
  wish: Wish,
): Promise<RolloutView | Refusal> {
  return await perform(context, parts, wish, async ({ tx, stored, said }) => {
    const approved = await parts.rolloutPorts.loadApprovedPlan(tx, stored.project, stored.run)
    if (isRefusal(approved)) return approved
    const { plan, bundleHash } = approved
    if (bundleHash === stored.bundleHash) {
      return refuse(
        'plan-unchanged',
        'The rollout follows this plan already.',
        'Change the plan and have it approved.',
      )
    }
    const adopted = adoptPlan(stored.plan, plan, stored.rollout)
    if (isRefusal(adopted)) return adopted
    const planVersion = stored.planVersion + 1
    const next = { ...stored, plan, planVersion, bundleHash }
    await updatePlan(tx, next)
    const { dropped } = adopted
    return {
      after: adopted.rollout,
      stored: next,
      recorded: { kind: 'adopted', ...said, bundleHash, planVersion, dropped },
    }
  })
}

// oxlint-disable-next-line max-params -- who, with what, which rollout, and what happens
async function perform(
  context: Context,
  parts: RolloutParts,
  { project, rollout: id, reason }: Wish,
  act: (present: Present) => Outcome | Refusal | Promise<Outcome | Refusal>,
): Promise<RolloutView | Refusal> {
  const no = notALead(context)
  if (no !== undefined) return no
  return await parts.database.transaction(async (tx) => {
    const stored = await lockRollout(tx, project, id)
    if (stored === undefined) return notFound('rollout', id)
    const timed = { ...context, now: await databaseNow(tx) }
    const key = { project, environment: stored.environment, flag: stored.flag }
    await lockFlagConfig(tx, key)
    const flag = await readFlagConfig(tx, key)
    if (flag === undefined) throw new Error(`there is no flag ${stored.flag} in ${stored.environment}`)
    const reports = await reportsSeen(tx, stored, stored.rollout.exposedAt)
    const said = { by: context.actor.id, roles: context.actor.roles, reason }
    const done = await act({ tx, context: timed, stored, reports, said })
    if (isRefusal(done)) return done
    const { after, recorded } = done
    const changed = await carryOut(tx, timed, { before: done.stored ?? stored, after, recorded, flag })
    return await showStored(tx, changed, timed.now)
  })
}

/** Why an approval or an override inside the rollout needs a fresh proof of who gives it. */
async function unprovenIn(tx: Tx, project: string, { actor, now }: Context): Promise<Refusal | undefined> {
  return whyUnproven((await policyOf(tx, project)).signatures, actor.proof, now)
}

function notALead({ actor }: Context): Refusal | undefined {
  if (actor.kind === 'person' && actor.roles.some((it) => LEADS.includes(it))) return undefined
  return refuse(
    'role-needed',
    `${actor.name} answers for no rollout.`,
    'A person does it who is Technical Lead, Operations Lead or Product Owner.',
  )
}
