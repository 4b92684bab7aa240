/**
 * What must come out of the runs of one cell.
 *
 * A share is judged on the 95 % lower bound of what was observed, so that a lucky run proves little
 * and an unlucky one does not fail the build.
 */
import type { Outcome } from './run.ts'
import { lowerBound, quantile } from './share.ts'

/** From the outcomes of all runs to what the table says. */
export type Judge = (outcomes: readonly Outcome[]) => Result

interface Result {
  readonly observed: string
  readonly limit: string
  readonly passed: boolean
}

/** Whether it was rolled back, for whatever reason. */
export function rolledBack({ rollback }: Outcome): boolean {
  return rollback !== undefined
}

/** The share of runs in which something happened. */
export function atMost(limit: number, happened: (outcome: Outcome) => boolean): Judge {
  return (outcomes) => {
    const count = outcomes.filter(happened).length
    const observed = `${percent(count / outcomes.length)} (${count})`
    return { observed, limit: `≤ ${percent(limit)}`, passed: lowerBound(count, outcomes.length) <= limit }
  }
}

/** The share of runs in which something must have happened. */
export function atLeast(limit: number, happened: (outcome: Outcome) => boolean): Judge {
  const missed = atMost(1 - limit, (outcome) => !happened(outcome))
  return (outcomes) => {
    const count = outcomes.filter(happened).length
    const { passed } = missed(outcomes)
    return {
      observed: `${percent(count / outcomes.length)} (${count})`,
      limit: `≥ ${percent(limit)}`,
      passed,
    }
  }
}

/** No bar: the median and the share of runs in which it happened. */
export function shown(value: (outcome: Outcome) => number | undefined, unit: string, what: string): Judge {
  return (outcomes) => {
    const values = outcomes.map((outcome) => value(outcome) ?? Infinity)
    const found = values.filter((each) => Number.isFinite(each)).length / values.length
    const observed = `median ${quantile(values, 0.5)} ${unit}, ${what} ${percent(found)}`
    return { observed, limit: '', passed: true }
  }
}

/** Something must not have happened in a single run. */
export function none(happened: (outcome: Outcome) => boolean): Judge {
  return (outcomes) => {
    const count = outcomes.filter(happened).length
    return { observed: String(count), limit: '0', passed: count === 0 }
  }
}

/** Minutes from the beginning of the effect; one that is never found counts as infinite, one found before as wrong. */
export function medianAtMost(limit: number, from: number): Judge {
  return (outcomes) => {
    const minutes = outcomes.map(({ harmAfter }) => (harmAfter === undefined ? Infinity : harmAfter - from))
    const found = minutes.filter((each) => Number.isFinite(each)).length / minutes.length
    const median = quantile(minutes, 0.5)
    return {
      observed: `median ${median} min, found ${percent(found)}`,
      limit: `≤ ${limit} min`,
      passed: median <= limit,
    }
  }
}

/** All runs must end that way; the slowest in a thousand within the limit, in seconds. */
export function timesTo(end: 'completedMs' | 'rolledBackMs', limit: number): Judge {
  return (outcomes) => {
    const seconds = outcomes.map((outcome) => (outcome[end] ?? Infinity) / 1000)
    const missed = seconds.filter((each) => !Number.isFinite(each)).length
    const [median, slow, slowest] = [0.5, 0.99, 0.999].map((part) => quantile(seconds, part).toFixed(1))
    const observed = `median ${median} s, p99 ${slow}, p99.9 ${slowest}, otherwise ${missed}`
    return {
      observed,
      limit: `p99.9 ≤ ${limit} s`,
      passed: missed <= outcomes.length / 1000 && Number(slowest) <= limit,
    }
  }
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}
