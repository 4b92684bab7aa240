/**
 * What the command line ends with. Pipelines branch on these, so each number keeps its meaning.
 */
import type { Problem } from '@flagmarshal/api'

export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  gateClosed: 3,
  notFound: 4,
  access: 5,
  conflict: 6,
  invalid: 7,
  timeout: 8,
  notVerified: 9,
  drift: 10,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A closed gate, and one that is open for something else. */
const GATE: ReadonlySet<string> = new Set(['gate-closed', 'gate-not-open', 'in-procedure'])

/** The exit code that a problem of the server means. */
export function exitCodeOf(problem: Problem): ExitCode {
  if (GATE.has(problem.code)) return EXIT.gateClosed
  switch (problem.status) {
    case 401:
    case 403:
      return EXIT.access
    case 404:
      return EXIT.notFound
    case 409:
    case 412:
    case 428:
      return EXIT.conflict
    case 400:
    case 413:
    case 415:
    case 422:
      return EXIT.invalid
    default:
      return EXIT.unexpected
  }
}
