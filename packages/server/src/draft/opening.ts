/**
 * Whether now is a time to expose somebody by a draft: as for the start of a rollout, the project's
 * calendar and an open incident say so. Whatever lowers exposure asks neither.
 */
import { calendarOf } from '@flagmarshal/domain/procedure/policy'
import type { Policy } from '@flagmarshal/domain/procedure/policy'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { nextOpen, whyClosed } from '@flagmarshal/domain/rollout/calendar'
import { openIncident } from '@flagmarshal/domain/rollout/reports'

import type { Context } from '../context.ts'
import { reportsSeen } from '../report/seen.ts'
import type { Tx } from '../storage/database.ts'
import type { DraftRow } from '../storage/drafts.ts'
import { selectFeatureOfFlag } from '../storage/procedures.ts'
import { aboutOf } from './load.ts'
import { exposedFlags } from './subject.ts'

/** Why a draft is not published now, with when it can be; undefined where it exposes nobody or nothing speaks against it. */
export async function whyNotNow(
  tx: Tx,
  { now }: Pick<Context, 'now'>,
  row: DraftRow,
  policy: Policy,
): Promise<Refusal | undefined> {
  const flags = await exposedFlags(tx, aboutOf(row), row.proposed)
  if (flags.length === 0) return undefined
  return outsideHours(policy, now) ?? (await duringIncident(tx, row.project, flags))
}

function outsideHours(policy: Policy, now: Date): Refusal | undefined {
  const calendar = calendarOf(policy)
  const why = whyClosed(calendar, now)
  if (why === undefined) return undefined
  const next = nextOpen(calendar, now)
  return refuse(
    'publish-is-closed',
    `${why}; the draft would expose somebody.`,
    next === undefined
      ? 'The calendar of the project has no such time; change its policy.'
      : `The next possible time is ${next.toISOString()}. Turning off is possible at any time.`,
  )
}

/** An incident of the feature behind one of the flags, or of the whole project. */
async function duringIncident(
  tx: Tx,
  project: string,
  flags: readonly string[],
): Promise<Refusal | undefined> {
  for (const flag of flags) {
    const feature = (await selectFeatureOfFlag(tx, project, flag))?.key ?? ''
    const incident = openIncident(await reportsSeen(tx, { project, feature }, undefined))
    if (incident !== undefined)
      return refuse(
        'incident-open',
        `An incident is open: ${incident.id}.`,
        `Nobody is exposed until it is resolved: flagmarshal feature resolve-report ${incident.id} --reason "…". Turning off is possible at any time.`,
      )
  }
  return undefined
}
