/** What a rollout looks like while it runs: how far each criterion is, what comes next, who may act. */
import type { Rollout } from '@flagmarshal/api/rollout'
import type { RolloutLive, SeriesPoint } from '@flagmarshal/api/rollout-live'
import { ROLE_PERMISSIONS } from '@flagmarshal/domain/access/permission'

/** Roles that may steer a rollout. */
const OPERATORS: readonly string[] = Object.entries(ROLE_PERMISSIONS)
  .filter(([, permissions]) => permissions.includes('rollout:operate'))
  .map(([role]) => role)

/** An engine that is late by this much, and by five windows, is silent. */
const LATE_MS = 10_000

/** The view at a moment of the database's time; `points` are the latest windows. */
export function liveView(rollout: Rollout, points: readonly SeriesPoint[], now: Date): RolloutLive {
  const bakeEndsAt = bakeEnd(rollout)
  const due = rollout.nextAt === null ? undefined : Date.parse(rollout.nextAt)
  const late = Math.max(LATE_MS, 5 * rollout.plan.windowMs)
  return {
    now: now.toISOString(),
    rollout,
    silentMs:
      rollout.lastTickAt === null ? null : Math.max(0, now.getTime() - Date.parse(rollout.lastTickAt)),
    stale: due !== undefined && now.getTime() - due > late,
    bakeEndsAt: bakeEndsAt?.toISOString() ?? null,
    progress: rollout.verdicts.map((verdict) => progressOf(rollout, verdict, points, { now, bakeEndsAt })),
    next: nextStep(rollout, bakeEndsAt),
  }
}

type Verdict = Rollout['verdicts'][number]

function progressOf(
  rollout: Rollout,
  verdict: Verdict,
  points: readonly SeriesPoint[],
  { now, bakeEndsAt }: { readonly now: Date; readonly bakeEndsAt: Date | undefined },
): RolloutLive['progress'][number] {
  const { criterion, harm, safe, relative, exposed } = verdict
  const ways = [safe, relative].flatMap((way) =>
    way === undefined || way.logE === null ? [] : [{ logE: way.logE, needed: way.needed }],
  )
  const best = ways.toSorted((a, b) => b.logE / b.needed - a.logE / a.needed)[0]
  const go = verdict.verdict === 'GO' ? 1 : best === undefined ? null : part(best.logE, best.needed)
  const perWindow = requestsPerWindow(criterion, points)
  const windows =
    best === undefined || exposed === undefined || best.logE <= 0 || perWindow === 0
      ? undefined
      : Math.max(0, (best.needed / best.logE - 1) * (exposed.n / perWindow))
  const running = rollout.state === 'running'
  const evidenceAt = windows === undefined ? undefined : now.getTime() + windows * rollout.plan.windowMs
  const goAt =
    running && evidenceAt !== undefined && bakeEndsAt !== undefined
      ? new Date(Math.max(evidenceAt, bakeEndsAt.getTime())).toISOString()
      : null
  return { criterion, harm: harm === undefined ? null : part(harm.logE, harm.needed), go, goAt }
}

function requestsPerWindow(criterion: string, points: readonly SeriesPoint[]): number {
  const known = points.flatMap(({ criteria }) => {
    const exposed = criteria.find((it) => it.criterion === criterion)?.exposed
    return exposed === null || exposed === undefined ? [] : [exposed.n]
  })
  return known.length === 0 ? 0 : known.reduce((sum, n) => sum + n, 0) / known.length
}

function part(logE: number, needed: number): number {
  return needed <= 0 || !Number.isFinite(logE) ? 0 : Math.min(1, Math.max(0, logE / needed))
}

function bakeEnd({ bake, watermark }: Rollout): Date | undefined {
  if (bake === null || watermark === null) return undefined
  return new Date(Date.parse(watermark) + Math.max(0, bake.needed - bake.healthy) * bake.windowMs)
}

function nextStep(
  { state, hold, startAt, bake, nextAt }: Rollout,
  bakeEndsAt: Date | undefined,
): RolloutLive['next'] {
  const baked = bakeEndsAt?.toISOString() ?? null
  switch (state) {
    case 'scheduled':
      return { what: 'observing begins', who: [], at: startAt }
    case 'observing':
      return { what: 'the first people are exposed', who: [], at: baked }
    case 'running':
      return bake !== null && bake.healthy < bake.needed
        ? { what: 'the increment is judged', who: [], at: baked }
        : { what: 'the increment is judged at each window', who: [], at: nextAt }
    case 'held':
      return holdStep(hold?.reason)
    case 'paused':
      return { what: 'somebody resumes it, or rolls it back', who: [...OPERATORS], at: null }
    case 'rolling_back':
      return { what: 'the rollback is verified', who: [], at: nextAt }
    case 'rollback_failed':
      return {
        what: 'somebody looks at the instances that have not confirmed',
        who: [...OPERATORS],
        at: null,
      }
    case 'rolled_back':
    case 'aborted':
      return { what: 'somebody starts a new attempt', who: [...OPERATORS], at: null }
    case 'completed':
      return { what: 'nothing: it has reached everybody', who: [], at: null }
  }
}

function holdStep(reason: string | undefined): RolloutLive['next'] {
  switch (reason) {
    case 'approval':
      return { what: 'somebody advances it', who: [...OPERATORS], at: null }
    case 'unapproved':
      return {
        what: 'the changed bundle is approved',
        who: ['technical-lead', 'operations-lead', 'product-owner'],
        at: null,
      }
    case 'both-arms':
    case 'blind':
    case 'watch':
    case 'sample-ratio':
      return { what: 'it goes on by itself once the cause is over', who: [], at: null }
    case 'incident':
    case 'reports':
      return { what: 'what was reported is resolved', who: [...OPERATORS], at: null }
    case 'review':
      return { what: 'somebody looks at the verdicts and says how it goes on', who: [...OPERATORS], at: null }
    case undefined:
    default:
      return { what: 'somebody decides: advance, resume or roll back', who: [...OPERATORS], at: null }
  }
}
