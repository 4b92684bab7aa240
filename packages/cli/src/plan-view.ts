/**
 * What was found out of a rollout plan, as a person reads it.
 */
import { leftSentences } from '@flagmarshal/domain/rollout/replay-report'

import type { Answer } from './session.ts'
import { fields, percent, table } from './table.ts'

type Power = Answer<'showPlanPower'>
type Replay = Answer<'replayPlan'>

/** The checks, and whether the plan could be decided. */
export function describeCheck({ isRefused, checks }: Answer<'checkPlan'>): string {
  const rows = checks.map((it) => [it.id, it.title, `${it.state}${it.required ? '' : ' (advice)'}`])
  const findings = checks.flatMap((it) => it.findings.map((finding) => `  ${it.id}  ${finding}`))
  return [
    table(['check', 'title', 'state'], rows),
    ...(findings.length === 0 ? [] : [findings.join('\n')]),
    isRefused ? 'With this plan step 3 cannot be Go.' : 'Nothing refuses this plan.',
  ].join('\n\n')
}

/** Reach and power of each increment. */
export function describePower(power: Power): string {
  return [
    trafficText(power),
    table(
      ['increment', 'of', 'everybody', 'users', 'requests/min', 'waits', 'control'],
      power.steps.map((it) => [
        `${it.stage}.${it.increment} ${it.name}`,
        `${it.percent} % of ${it.audience}`,
        percent(it.share),
        it.users === null ? '?' : String(it.users),
        it.requestsPerMinute === null ? '?' : String(Number(it.requestsPerMinute.toPrecision(3))),
        time(it.waitsMs),
        it.control ? 'yes' : 'none',
      ]),
    ),
    ...power.steps.flatMap((step) =>
      step.criteria.map(
        (it) => `${step.stage}.${step.increment} ${step.name} · ${it.criterion}: ${it.sentence}.`,
      ),
    ),
    ...power.notEstimated.map((it) => `Not estimated: ${it}.`),
    ...power.warnings.map((it) => `! ${it}`),
  ].join('\n\n')
}

/** The replay, increment by increment. */
export function describeReplay(replay: Replay): string {
  const left = [
    ...replay.left.map((it) => `Not replayed: stage ${it}; nobody says how many belong to its audience.`),
    ...leftSentences(replay.leftCriteria).map((it) => `Not replayed: ${it}.`),
  ]
  const nothing = NOTHING[replay.verdict]
  if (nothing !== undefined) return [nothing, ...left].join('\n\n')
  return [
    fields([
      ['history', `${replay.from ?? '?'} to ${replay.to ?? '?'} in ${replay.environment}`],
      [
        'watched',
        `${replay.watchedWindows} windows of ${time(replay.windowMs)}, ${replay.requests} requests`,
      ],
      ['observed', `${replay.observedWindows} windows before`],
    ]),
    table(
      ['increment', '%', 'users', 'splits', 'rolled back', 'held', 'go after', 'reason'],
      replay.steps.map((it) => [
        it.afterwards ? 'watched afterwards' : `${it.stage}.${it.increment} ${it.name}`,
        String(it.percent),
        percent(it.users),
        String(it.splits),
        String(it.rolledBack),
        String(it.held),
        it.goAfterWindows === null ? '–' : time(it.goAfterWindows * replay.windowMs),
        it.reason ?? '',
      ]),
    ),
    ...left,
    ...(replay.coarser ? ['The plan’s windows are shorter than a minute; it was replayed in minutes.'] : []),
    replay.refusal === null ? 'It would have left unchanged traffic alone.' : `Refused: ${replay.refusal}.`,
  ].join('\n\n')
}

/** A duration, roughly. */
export function time(ms: number): string {
  const minutes = ms / 60_000
  if (minutes >= 2_880) return `${Number((minutes / 1_440).toPrecision(2))} d`
  if (minutes >= 120) return `${Number((minutes / 60).toPrecision(2))} h`
  if (minutes >= 2) return `${Math.round(minutes)} min`
  return `${Number((ms / 1000).toPrecision(2))} s`
}

const NOTHING: Readonly<Partial<Record<Replay['verdict'], string>>> = {
  'too-short':
    'There is too little unexposed traffic to replay: 30 windows are needed beside what is observed.',
  'not-replayed': 'Nothing of the plan can be tried on the unexposed traffic there is.',
}

function trafficText({ traffic, criteria, environment }: Power): string {
  const counted = criteria.map((it) => [
    it.criterion,
    String(Number(it.perMinute.toPrecision(3))),
    percent(it.share),
    String(Number(it.phi.toPrecision(2))),
    it.sliced ? 'yes' : 'no',
  ])
  const rows = table(['criterion', 'a minute', 'share', 'dispersion', 'users told apart'], counted)
  const measured = counted.length === 0 ? [] : [rows]
  if (traffic === null) {
    const none = `No unexposed request of the flag was counted by the telemetry in ${environment}`
    const asks = 'An instance must ask the flag there.'
    return [
      counted.length === 0 ? `${none}: only the reach is known. ${asks}` : `${none}.`,
      ...measured,
    ].join('\n\n')
  }
  const { minutes, perMinute, badShare, slowShare, phi, quietMinutes } = traffic
  const told = fields([
    [
      'measured',
      `${Math.round(minutes)} minutes in ${environment}, ${Math.round(quietMinutes)} without a request`,
    ],
    ['requests', `${Number(perMinute.toPrecision(3))} a minute`],
    ['bad', `${percent(badShare)}, dispersion ${Number(phi.bad.toPrecision(2))}`],
    ['slow', `${percent(slowShare)}, dispersion ${Number(phi.slow.toPrecision(2))}`],
  ])
  return [told, ...measured].join('\n\n')
}
