/**
 * What every command works with: the server, the project, and where its words go. Results go to
 * stdout, everything else to stderr, so that a pipe sees only the result.
 */
import { createClient } from '@flagmarshal/api'
import type { Arguments, Client, OperationId, Operations, Outcome } from '@flagmarshal/api'

import { failureOf, usage } from './failure.ts'
import { table } from './table.ts'

export interface Session {
  readonly server: string
  readonly client: Client
  /** Calls an operation and gives its answer; a problem ends the command. */
  call<Id extends OperationId>(id: Id, ...given: Arguments<Operations[Id]>): Promise<Answer<Id>>
  /** The project that the command means; missing is a usage error. */
  project(): string
  readonly json: boolean
  readonly quiet: boolean
  readonly streams: Streams
  /** Prints the result: as JSON with `--json`, else what `human` makes of it. */
  result(value: unknown, human: () => string): void
  /** Prints rows under headings, or the values as JSON. */
  rows(value: unknown, headings: readonly string[], rows: readonly (readonly string[])[]): void
  /** Says something on the way; not with `--quiet`. */
  say(line: string): void
}

/** The body of a successful answer. */
export type Answer<Id extends OperationId> = Extract<Outcome<Operations[Id]>, { ok: true }>['body']

/** Where the program writes, and whether a person looks at it. */
export interface Streams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly colour: boolean
  readonly terminal: boolean
  /** Width of the terminal. */
  readonly columns?: number
}

export interface SessionOptions {
  readonly server: string
  readonly token: string | undefined
  readonly project: string | undefined
  readonly json: boolean
  readonly quiet: boolean
}

/** The version of the JSON that commands print. */
export const SCHEMA = 'flagmarshal.dev/cli/v1'

export function openSession(options: SessionOptions, streams: Streams): Session {
  const { server, token, json, quiet } = options
  const client = createClient({ server, ...(token === undefined ? {} : { token }) })
  const result = (value: unknown, human: () => string) =>
    streams.out(json ? `${JSON.stringify({ schema: SCHEMA, result: value }, null, 2)}\n` : `${human()}\n`)
  return {
    server,
    client,
    json,
    quiet,
    streams,
    result,
    async call(id, ...given) {
      const outcome = await client.call(id, ...given)
      if (!outcome.ok) throw failureOf(outcome.problem)
      return outcome.body
    },
    project() {
      if (options.project !== undefined) return options.project
      throw usage('No project is named.', 'Add --project <key>, or set FLAGMARSHAL_PROJECT.')
    },
    rows: (value, headings, rows) => result(value, () => table(headings, rows)),
    say(line) {
      if (!quiet) streams.err(`${line}\n`)
    },
  }
}
