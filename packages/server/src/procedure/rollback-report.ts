/**
 * The report of a rollback, made from what is recorded, and the follow-up that a ticket system is told
 * of once the rollback is done.
 */
import type { RollbackReview } from '@flagmarshal/api/rollback-run'
import { rollback } from '@flagmarshal/domain/procedure/rollback'
import { presentAttempt, recordOf, stepState } from '@flagmarshal/domain/procedure/standing'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { recoveryOfKill } from '../flag/kill-recovery.ts'
import { readVerification } from '../flag/verification.ts'
import { hookRunView } from '../hook/view.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectHookRunsOf } from '../storage/hook-runs.ts'
import { emit } from '../storage/outbox.ts'
import { selectTicketDelivery } from '../storage/ticket-updates.ts'
import { loadRun } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import { quickDisableOf } from './rollback-checks.ts'
import { triggerOf } from './rollback-trigger.ts'

const REPORT_STEP = 7

const FollowUp = z.object({ owner: z.string(), due: z.string(), ticket: z.string().optional() })

/** The report as it stands. */
export async function reviewRollback({ kysely }: Database, key: RunKey): Promise<RollbackReview | Refusal> {
  const loaded = await loadRun(kysely, key)
  if (isRefusal(loaded) || loaded.run.procedure.id !== rollback.id) return notFound('rollback', key.run)
  return await reviewOf(kysely, loaded)
}

/** Tells the ticket system and everybody else, in the transaction that ends the rollback. */
export async function tellRollbackReported(tx: Tx, context: Context, loaded: Loaded): Promise<void> {
  const { feature, run } = loaded
  const { followUp, text, reason } = await reviewOf(tx, loaded)
  const ticket = followUp?.ticket ?? ('key' in feature.ticket ? feature.ticket.key : null)
  await emit(tx, context, {
    type: SIGNAL_TYPES.rollbackReported,
    project: feature.project,
    subject: `features/${feature.key}`,
    data: {
      rollback: run.id,
      feature: feature.key,
      flag: feature.flag,
      reason,
      text,
      followUp:
        followUp === null ? null : { owner: followUp.owner, due: followUp.due, ticket: followUp.ticket },
      ...(ticket === null ? {} : { ticket }),
    },
    dedupKey: `${run.id}/reported/${presentAttempt(recordOf(run, REPORT_STEP)).number}`,
  })
}

async function reviewOf(queries: Queries, loaded: Loaded): Promise<RollbackReview> {
  const { feature, run, setting } = loaded
  const { reason, procedures } = triggerOf(run)
  const decided = setting.definition.steps.flatMap((it) => presentAttempt(recordOf(run, it.number)).decisions)
  const done = run.state.kind === 'completed'
  const endedAt = done
    ? decided
        .map((it) => it.at)
        .toSorted((a, b) => a.getTime() - b.getTime())
        .at(-1)
    : undefined
  const review = {
    rollback: run.id,
    feature: feature.key,
    flag: feature.flag,
    state: run.state.kind,
    reason,
    startedBy: run.startedBy,
    startedAt: run.startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    tookMs: endedAt === undefined ? null : endedAt.getTime() - run.startedAt.getTime(),
    procedures: procedures === null ? null : { run: procedures.run, hash: procedures.hash },
    quickDisable: await disabledOf(queries, loaded),
    hooks: (await selectHookRunsOf(queries, run.id)).map(hookRunView),
    steps: setting.definition.steps.map((step) => {
      const record = recordOf(run, step.number)
      const decision = presentAttempt(record).decisions.at(-1)
      return {
        number: step.number,
        title: step.title,
        state: stepState(setting.definition, run, step.number),
        by: decision?.by ?? null,
        at: decision?.at.toISOString() ?? null,
        note: textOf(record.output['note']),
        reference: textOf(record.output['reference']),
        overrides: [...(decision?.overrides ?? [])],
      }
    }),
    followUp: await followUpOf(queries, loaded),
  }
  return { ...review, text: textOfReview(review) }
}

async function disabledOf(
  queries: Queries,
  { feature, run }: Loaded,
): Promise<RollbackReview['quickDisable']> {
  const now = await databaseNow(queries)
  const disabled = await quickDisableOf(queries, feature.project, run)
  return await Promise.all(
    disabled.map(async ({ environment, how, id, state }) => {
      const kill = how === 'kill' && id !== null ? id : undefined
      const found = kill === undefined ? undefined : await readVerification(queries, kill, now)
      const recovery = kill === undefined ? undefined : await recoveryOfKill(queries, kill, now)
      return {
        environment,
        how,
        id,
        state,
        recovery: recovery ?? null,
        confirmed: found?.confirmed ?? null,
        total: found?.total ?? null,
      }
    }),
  )
}

async function followUpOf(queries: Queries, { feature, run }: Loaded): Promise<RollbackReview['followUp']> {
  const given = FollowUp.safeParse(recordOf(run, REPORT_STEP).output['followUp']).data
  if (given === undefined) return null
  const { state, proof } = await selectTicketDelivery(queries, {
    project: feature.project,
    type: SIGNAL_TYPES.rollbackReported,
    name: 'rollback',
    value: run.id,
  })
  const made = textOf(proof?.['issue'])
  return { owner: given.owner, due: given.due, ticket: given.ticket ?? made, delivered: state, proof }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function textOfReview(it: Omit<RollbackReview, 'text'>): string {
  const took = it.tookMs === null ? 'under way' : `${Math.round(it.tookMs / 1000)} s`
  const lines = [
    `# Rollback of ${it.feature}`,
    '',
    `Because: ${it.reason}`,
    `Begun ${it.startedAt} by ${it.startedBy}; ${took}. ${
      it.procedures === null
        ? 'No approved procedures were there to follow.'
        : `Followed the approved procedures ${it.procedures.hash}.`
    }`,
    '',
    '## Quick disable',
    ...it.quickDisable.map(
      (one) =>
        `- ${one.environment}: ${one.how.replaceAll('_', ' ')}, ${one.state}${
          one.total === null ? '' : `, ${one.confirmed} of ${one.total} instances confirmed`
        }${one.recovery === null ? '' : `; recovery ${one.recovery.state.replaceAll('_', ' ')}: ${one.recovery.said}`}`,
    ),
    '',
    '## Steps',
    ...it.steps.map(
      (one) =>
        `${one.number}. ${one.title}: ${one.state.replaceAll('_', ' ')}${one.by === null ? '' : ` (${one.by})`}${
          one.note === null ? '' : `. ${one.note}`
        }${one.overrides.map((over) => ` [${over.check} overridden: ${over.reason}]`).join('')}`,
    ),
    '',
    '## Hooks',
    ...(it.hooks.length === 0 ? ['None was run.'] : []),
    ...it.hooks.map(
      (one) =>
        `- ${one.part}: ${one.hook} version ${one.version}, ${one.mode}, ${one.state.replaceAll('_', ' ')}${
          one.repeats === 0 ? '' : `, begun again ${one.repeats} times`
        }${one.problem === null ? '' : `: ${one.problem}`}`,
    ),
    '',
    '## Root cause',
    it.followUp === null
      ? 'Nobody follows it up yet.'
      : `${it.followUp.owner} follows it up until ${it.followUp.due}${it.followUp.ticket === null ? '' : ` (${it.followUp.ticket})`}.`,
  ]
  return `${lines.join('\n')}\n`
}
