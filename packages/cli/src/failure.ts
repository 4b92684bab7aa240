/**
 * A command that cannot go on: what a person reads on stderr, and what the process exits with.
 */
import type { Problem } from '@flagmarshal/api'

import { EXIT, exitCodeOf } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'

export class Failure extends Error {
  readonly exitCode: ExitCode
  readonly remedy: string | undefined
  /** What the server said, where it said something. */
  readonly problem: Problem | undefined

  constructor(message: string, given: { exitCode: ExitCode; remedy?: string; problem?: Problem }) {
    super(message)
    this.exitCode = given.exitCode
    this.remedy = given.remedy
    this.problem = given.problem
  }
}

/** The failure that a problem of the server is: what, which fields, and what to do. */
export function failureOf(problem: Problem): Failure {
  const fields = (problem.errors ?? [])
    .filter((it) => !problem.detail.includes(it.message))
    .map((it) => `\n  ${it.pointer}: ${it.message}`)
    .join('')
  return new Failure(`${problem.detail}${fields}`, {
    exitCode: exitCodeOf(problem),
    problem,
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
  })
}

/** A failure as `--json` prints it: the server's problem, or one of the same shape with status 0. */
export function problemOf({ message, remedy, exitCode, problem }: Failure): Problem {
  if (problem !== undefined) return problem
  const code = exitCode === EXIT.usage ? 'usage' : 'failed'
  return {
    type: `urn:flagmarshal:problem:${code}`,
    title: code,
    status: 0,
    code,
    detail: message,
    ...(remedy === undefined ? {} : { remedy }),
  }
}

/** A mistake in how the command was called. */
export function usage(message: string, remedy: string): Failure {
  return new Failure(message, { exitCode: EXIT.usage, remedy })
}
