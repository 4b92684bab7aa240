/** When the latest revisions were sent, to measure how long acknowledgements take. */
import type { Clock } from '../clock.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

/** Revisions that are remembered, of all environments together. */
const REMEMBERED = 1_000

export interface SentTimes {
  /** Notes that a revision is being sent now. */
  note(key: EnvironmentKey, revision: number): void
  /** Seconds since a revision was sent; undefined where that is not remembered. */
  secondsSince(key: EnvironmentKey, revision: number): number | undefined
}

/** Nothing was sent yet. */
export function createSentTimes(clock: Clock): SentTimes {
  const times = new Map<string, number>()
  return {
    note(key, revision) {
      times.set(nameOf(key, revision), clock.now().getTime())
      const oldest = times.size > REMEMBERED ? times.keys().next().value : undefined
      if (oldest !== undefined) times.delete(oldest)
    },
    secondsSince(key, revision) {
      const sent = times.get(nameOf(key, revision))
      return sent === undefined ? undefined : Math.max(0, clock.now().getTime() - sent) / 1000
    },
  }
}

function nameOf({ project, environment }: EnvironmentKey, revision: number): string {
  return `${project}/${environment}/${revision}`
}
