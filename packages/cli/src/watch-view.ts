/**
 * A rollout as a picture of text: bars for what must fill up, sparklines for what was measured, and a
 * plain word where the picture is not fresh any more. Colours carry nothing that the words do not.
 */
import type { RolloutLive, SeriesPoint } from '@flagmarshal/api/rollout-live'

import { percent } from './table.ts'

/** What has been heard so far. */
export interface Seen {
  readonly live?: RolloutLive
  /** Oldest first. */
  readonly points: readonly SeriesPoint[]
  /** When anything was heard last, in ms since 1970, by this machine. */
  readonly heardAt: number
  /** Why nothing is heard. */
  readonly lost?: string | undefined
}

/** What the picture is drawn on. */
export interface Canvas {
  readonly colour: boolean
  readonly columns: number
  readonly now: number
}

type Paint = 'red' | 'green' | 'yellow' | 'dim'

const CODES: Readonly<Record<Paint, number>> = { red: 31, green: 32, yellow: 33, dim: 2 }
const BAR = 20
const LEVELS = '▁▂▃▄▅▆▇█'

/** Silence after which the picture is called stale; the server speaks every five seconds. */
const STALE_MS = 12_000

/** The picture, line by line, none wider than the canvas. */
export function picture({ live, points, heardAt, lost }: Seen, canvas: Canvas): string[] {
  const paint = painter(canvas.colour)
  if (live === undefined) return fit([['waiting for the first word of the server …']], canvas, paint)
  const { rollout, next } = live
  const lines: Piece[][] = [
    [
      `${rollout.feature} in ${rollout.environment}, attempt ${rollout.attempt}: `,
      [rollout.state, colourOf(rollout.state)],
    ],
    [rollout.status],
    [`exposed   ${bar(rollout.exposure.share)} ${percent(rollout.exposure.share)} of everybody`],
    ...bakeLine(live),
    ...rollout.verdicts.flatMap((verdict) => criterionLines(live, verdict, points)),
    [`next      ${next.what}${next.at === null ? '' : ` (${clock(next.at)})`}${who(next.who)}`],
    ...freshness(live, canvas.now - heardAt, lost),
  ]
  return fit(lines, canvas, paint)
}

/** A text, or a text with its colour. */
type Piece = string | readonly [string, Paint | undefined]
type Verdict = RolloutLive['rollout']['verdicts'][number]

/** Filled to a share of it. */
export function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR)
  return `[${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}]`
}

/** Values as columns, the highest of `top` full; unknown ones are blank. */
export function sparkline(values: readonly (number | null)[], top: number): string {
  return values
    .map((value) => {
      if (value === null) return ' '
      const level = top === 0 ? 0 : Math.round((value / top) * (LEVELS.length - 1))
      return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, level))]
    })
    .join('')
}

function bakeLine({ rollout: { bake }, bakeEndsAt }: RolloutLive): Piece[][] {
  if (bake === null) return []
  const until = bakeEndsAt === null || bake.healthy >= bake.needed ? '' : `, until about ${clock(bakeEndsAt)}`
  const share = bake.needed === 0 ? 1 : bake.healthy / bake.needed
  return [[`baked     ${bar(share)} ${bake.healthy} of ${bake.needed} healthy windows${until}`]]
}

function criterionLines(live: RolloutLive, verdict: Verdict, points: readonly SeriesPoint[]): Piece[][] {
  const { criterion } = verdict
  const progress = live.progress.find((it) => it.criterion === criterion)
  const harm = progress?.harm
  const go = progress?.go
  const goAt = progress?.goAt
  return [
    [
      `${criterion.padEnd(9)} `,
      [verdict.verdict, colourOf(verdict.verdict)],
      harm === undefined || harm === null ? '' : `  harm ${bar(harm)}`,
      go === undefined || go === null ? '' : `  go ${bar(go)}`,
      goAt === undefined || goAt === null || verdict.verdict === 'GO' ? '' : ` about ${clock(goAt)}`,
      verdict.blindMs > 0 ? `  blind for ${seconds(verdict.blindMs)}` : '',
    ],
    ...sparks(criterion, points),
  ]
}

function sparks(criterion: string, points: readonly SeriesPoint[]): Piece[][] {
  const shares = (arm: 'exposed' | 'control') =>
    points.map(({ criteria }) => {
      const counts = criteria.find((it) => it.criterion === criterion)?.[arm]
      return counts === undefined || counts === null || counts.n === 0 ? null : counts.x / counts.n
    })
  const arms = { exposed: shares('exposed'), control: shares('control') }
  const known = [...arms.exposed, ...arms.control].filter((it) => it !== null)
  if (known.length === 0) return []
  const top = Math.max(...known)
  return (['exposed', 'control'] as const).map((arm) => {
    const last = arms[arm].findLast((it) => it !== null)
    return [
      `  ${arm.padEnd(8)}${sparkline(arms[arm], top)} ${last === undefined || last === null ? '–' : percent(last)}`,
    ]
  })
}

/** Whether what is shown is still so. */
function freshness(
  { stale, silentMs, now }: RolloutLive,
  heardMs: number,
  lost: string | undefined,
): Piece[][] {
  if (lost !== undefined || heardMs > STALE_MS) {
    const why = lost === undefined ? '' : ` (${lost})`
    return [
      [[`STALE: nothing heard for ${seconds(heardMs)}; above is how it stood at ${clock(now)}${why}`, 'red']],
    ]
  }
  if (stale) {
    const silent = silentMs === null ? 'not looked yet' : `not looked for ${seconds(silentMs)}`
    return [[[`STALE: the engine has ${silent}, though a look is due`, 'red']]]
  }
  return [[[`heard ${seconds(Math.max(0, heardMs))} ago`, 'dim']]]
}

function colourOf(word: string): Paint | undefined {
  switch (word) {
    case 'GO':
    case 'completed':
      return 'green'
    case 'NO-GO':
    case 'rolling_back':
    case 'rolled_back':
    case 'rollback_failed':
    case 'aborted':
      return 'red'
    case 'HOLD':
    case 'NO DATA':
    case 'held':
    case 'paused':
      return 'yellow'
    default:
      return undefined
  }
}

/** Cuts each line to the width before it is coloured, so that no code is cut. */
function fit(
  lines: readonly (readonly Piece[])[],
  { columns }: Canvas,
  paint: ReturnType<typeof painter>,
): string[] {
  return lines.map((pieces) => {
    let room = Math.max(20, columns - 1)
    return pieces
      .map((piece) => {
        const [text, colour] = typeof piece === 'string' ? [piece, undefined] : piece
        const cut = text.slice(0, room)
        room -= cut.length
        return paint(cut, colour)
      })
      .join('')
  })
}

function painter(colour: boolean): (text: string, paint: Paint | undefined) => string {
  return (text, paint) =>
    colour && paint !== undefined && text !== '' ? `\u001B[${CODES[paint]}m${text}\u001B[0m` : text
}

function who(roles: readonly string[]): string {
  return roles.length === 0 ? ', by the engine' : `: ${roles.join(', ')}`
}

function clock(instant: string): string {
  return `${instant.slice(11, 19)} UTC`
}

function seconds(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`
}
