/**
 * How much counters grew in a window, from their samples, exactly.
 *
 * PromQL's `increase` extrapolates to the ends of the window: what it answers are no counts. Here a
 * window gets the growth between the last sample before it begins and the last one in it, so that
 * the windows of a row add up to the whole. A counter that fell has begun anew at 0, and a series
 * that appears beside others of its target was 0 until then. What a target that is new had counted
 * before its first sample is not known; it is left out, of both arms alike.
 */
import type { Sample, Series } from './query.ts'

/** The window, and how old a sample may be to still say what the counter was. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly slackMs: number
}

/** Growth of each series in the window; undefined for one that is not there any more. */
export function increasesIn(series: readonly Series[], span: Span): (number | undefined)[] {
  const known = new Set(series.filter((it) => lastBefore(it.samples, span.from, span.slackMs)).map(targetOf))
  return series.map((it) => increaseOf(it.samples, span, known.has(targetOf(it))))
}

/** The newest sample of all up to the end of the window; undefined where there is none since it began. */
export function newestIn(series: readonly Series[], { to }: Span): number | undefined {
  const times = series.flatMap(({ samples }) => samples.findLast((it) => it.at <= to)?.at ?? [])
  return times.length === 0 ? undefined : Math.max(...times)
}

function increaseOf(samples: readonly Sample[], span: Span, targetKnown: boolean): number | undefined {
  const before = lastBefore(samples, span.from, span.slackMs)
  const inside = samples.filter(({ at }) => at > span.from && at <= span.to)
  const [first] = inside
  if (first === undefined) return before === undefined ? undefined : 0
  let previous = before?.value ?? (targetKnown ? 0 : first.value)
  let sum = 0
  for (const { value } of inside) {
    sum += value < previous ? value : value - previous
    previous = value
  }
  return sum
}

function lastBefore(samples: readonly Sample[], at: number, slackMs: number): Sample | undefined {
  const last = samples.findLast((it) => it.at <= at)
  return last !== undefined && last.at > at - slackMs ? last : undefined
}

function targetOf({ labels }: Series): string {
  return `${labels['job'] ?? ''}\0${labels['instance'] ?? ''}`
}
