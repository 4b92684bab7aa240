/**
 * What sightings amount to: what fails, what is not known, and what changed since it was accepted.
 */
import type { Sighting, TestResults } from './model.ts'

/** One sentence each. Anything unknown keeps the whole from passing, but only that can be overridden. */
export interface SightingFindings {
  readonly failing: readonly string[]
  readonly unknown: readonly string[]
}

/** What is wrong with what was seen. */
export function sightingFindings(sightings: readonly Sighting[]): SightingFindings {
  const failing = sightings.flatMap((it) => [
    ...(it.state === 'absent' ? [`${it.place}: ${it.note ?? `${it.of} is not there`}`] : []),
    ...(it.tests === undefined ? [] : testFindings(it.tests).map((finding) => `${it.place}: ${finding}`)),
  ])
  const unknown = sightings
    .filter((it) => it.state === 'unknown')
    .map((it) => `${it.place}: ${it.note ?? `${it.of} cannot be looked at`}`)
  return { failing, unknown }
}

/** What keeps test results from counting: none were run, some failed, or they cannot be read. */
export function testFindings(tests: TestResults): readonly string[] {
  if ('unreadable' in tests) return [tests.unreadable]
  const { total, failed, failing } = tests
  const more = failed > failing.length ? ', …' : ''
  const named = failing.length === 0 ? '' : ` (${failing.join(', ')}${more})`
  return [
    ...(total === 0 ? ['no test was run'] : []),
    ...(failed === 0 ? [] : [`${failed} of ${total} tests failed${named}`]),
  ]
}

/**
 * What is another thing now than what was accepted, one sentence each. A place that cannot be looked
 * at now has not changed: that is for `sightingFindings`.
 */
export function changesBetween(accepted: readonly Sighting[], now: readonly Sighting[]): readonly string[] {
  return now.flatMap((seen) => {
    const before = accepted.find((it) => it.place === seen.place)
    if (before?.state !== 'found' || seen.state === 'unknown') return []
    if (seen.state === 'absent') return [`${seen.place}: ${seen.of} is gone`]
    if (before.hash === seen.hash) return []
    return [`${seen.place}: ${seen.of} has changed, from ${short(before.hash)} to ${short(seen.hash)}`]
  })
}

/** The accepted sightings, with the first sight of what could not be looked at when it was given. */
export function accepted(before: readonly Sighting[], now: readonly Sighting[]): readonly Sighting[] {
  return before.map((it) => {
    const seen = now.find((one) => one.place === it.place)
    return it.state === 'unknown' && seen?.state === 'found' ? seen : it
  })
}

/** Whether two looks found the same things. */
export function sameThings(one: readonly Sighting[], other: readonly Sighting[]): boolean {
  const key = (it: Sighting) => `${it.place}\n${it.of}\n${it.state}\n${it.hash}`
  const known = new Set(one.map(key))
  return one.length === other.length && other.every((it) => known.has(key(it)))
}

function short(hash: string | undefined): string {
  return hash === undefined ? 'nothing' : hash.slice(0, 12)
}
