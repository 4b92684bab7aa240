/**
 * Rollouts as a person reads them.
 */
import type { Answer } from './session.ts'
import { fields, percent, table } from './table.ts'

export type Rollout = Answer<'showRollout'>
type Verification = NonNullable<Rollout['verification']>

/** Where a rollout stands, whole. */
export function describeRollout(it: Rollout): string {
  const parts = [
    fields([
      ['rollout', `${it.id}, attempt ${it.attempt} of ${it.feature} in ${it.environment}`],
      ['state', it.state],
      ['status', it.status],
      ['exposed', `${percent(it.exposure.share)} of everybody`],
      ...(it.bake === null
        ? []
        : [
            [
              'baked',
              `${it.bake.healthy} of ${it.bake.needed} healthy windows of ${it.bake.windowMs} ms`,
            ] as const,
          ]),
      ...(it.hold === null ? [] : [['held', `${it.hold.sentence} (since ${it.hold.since})`] as const]),
      ...(it.approval === null
        ? []
        : [
            [
              'approval',
              it.approval.given === null
                ? `waits for one; evidence ${it.approval.evidence}`
                : `given by ${it.approval.given.by}${it.approval.given.holds ? '' : ', void by now'}`,
            ] as const,
          ]),
      ...(it.incident === null
        ? []
        : [['incident', `${it.incident.report} is open since ${it.incident.at}`] as const]),
      ...(it.review === null
        ? []
        : [
            [
              'review',
              `${it.review.due ? 'due' : 'next'} ${it.review.dueAt}, ${[it.review.role, ...it.review.people].join(', ')}`,
            ] as const,
          ]),
      ...it.overrides.map(
        ({ criterion, until, by }) => ['set aside', `${criterion} until ${until}, by ${by}`] as const,
      ),
      ...(it.watchedUntil === null ? [] : [['watched', `until ${it.watchedUntil}`] as const]),
      ...(it.cause === null ? [] : [['because', it.cause.sentence] as const]),
      ...(it.sampleRatio === null ? [] : [['arms', sampleRatioText(it.sampleRatio)] as const]),
      [
        'instances',
        `${it.instances.connected} connected${it.instances.silent > 0 ? `, ${it.instances.silent} silent` : ''}`,
      ],
    ]),
  ]
  if (it.verdicts.length > 0) {
    parts.push(
      table(
        ['criterion', 'verdict', 'arithmetic'],
        it.verdicts.map((verdict) => [verdict.criterion, verdict.verdict, verdict.sentence]),
      ),
    )
  }
  if (it.verification !== null) parts.push(describeVerification(it.verification))
  return parts.join('\n\n')
}

function sampleRatioText({ p, needed, audiences }: NonNullable<Rollout['sampleRatio']>): string {
  const arms = audiences.map(
    ({ audience, share, exposed, control }) =>
      `${audience} ${exposed} exposed and ${control} control keys at ${percent(share)}`,
  )
  const verdict = p < needed ? 'not as the rule says' : 'as the rule says'
  return `${arms.join('; ') || 'no keys yet'}: ${verdict} (p ${Number(p.toPrecision(2))})`
}

/** Who has confirmed a rollback. */
export function describeVerification(it: Verification): string {
  const rows = it.instances.map((instance) => [
    instance.instanceId,
    instance.application,
    instance.state,
    instance.confirmedAfterMs === undefined
      ? `last seen ${instance.lastSeenAt}`
      : `after ${instance.confirmedAfterMs} ms`,
  ])
  const counted = `Confirmed by ${it.confirmed} of ${it.total} connected instances (${it.state}).`
  return rows.length === 0 ? counted : `${counted}\n${table(['instance', 'application', 'state', ''], rows)}`
}
