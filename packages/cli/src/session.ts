/**
 * What every command works with: the server, the project, and where its words go. Results go to
 * stdout, everything else to stderr, so that a pipe sees only the result.
 */
import { createClient } from '@flagmarshal/api'
import type { Arguments, Client, OperationId, Operations, Outcome } from '@flagmarshal/api'

import { changeOf, NotSent } from './dry-run.ts'
import { failureOf, usage } from './failure.ts'
import { SCHEMA, structured, tabled, written } from './output.ts'
import type { Form } from './output.ts'
import { whileWaiting } from './progress.ts'

export interface Session {
  readonly server: string
  readonly client: Client
  /** Calls an operation and gives its answer; a problem ends the command, and so does a change in a dry run. */
  call<Id extends OperationId>(id: Id, ...given: Arguments<Operations[Id]>): Promise<Answer<Id>>
  /** The project that the command means; missing is a usage error. */
  project(): string
  readonly json: boolean
  readonly quiet: boolean
  /** Nothing is changed: neither at the server nor in files. */
  readonly dryRun: boolean
  readonly streams: Streams
  /** Prints the result: as JSON or YAML where that is asked for, else what `human` makes of it. */
  result(value: unknown, human: () => string): void
  /** Prints rows under headings, or the values as JSON or YAML. */
  rows(value: unknown, headings: readonly string[], rows: readonly (readonly string[])[]): void
  /** Says something on the way; not with `--quiet`. */
  say(line: string): void
  /** Asks the person who sits there; undefined where nobody does, or may be asked. */
  readonly ask: Ask | undefined
}

/** Asks a question and answers what was typed. `hidden`: it is not shown, as for a token. */
export type Ask = (question: string, hidden?: 'hidden') => Promise<string>

/** The body of a successful answer. */
export type Answer<Id extends OperationId> = Extract<Outcome<Operations[Id]>, { ok: true }>['body']

/** Where the program writes, and whether a person looks at it. */
export interface Streams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly colour: boolean
  /** Whether a person sees what is said on the way. */
  readonly terminal: boolean
  /** Width of the terminal. */
  readonly columns?: number
  /** There where a person can be asked. */
  readonly ask?: Ask
}

export interface SessionOptions {
  readonly server: string
  readonly token: string | undefined
  readonly project: string | undefined
  readonly form: Form
  readonly quiet: boolean
  readonly dryRun: boolean
  readonly input: boolean
}

export { SCHEMA }

export function openSession(options: SessionOptions, streams: Streams): Session {
  const { server, token, form, quiet, dryRun } = options
  const client = createClient({ server, ...(token === undefined ? {} : { token }) })
  const result = (value: unknown, human: () => string) =>
    streams.out(`${structured(form, { result: value }) ?? written(form, human())}\n`)
  return {
    server,
    client,
    json: form === 'json',
    quiet,
    dryRun,
    streams,
    ask: options.input ? streams.ask : undefined,
    result,
    async call(id, ...given) {
      const change = dryRun ? changeOf(id, given[0]) : undefined
      if (change !== undefined) throw new NotSent(change)
      const outcome = await whileWaiting(streams, quiet, client.call(id, ...given))
      if (!outcome.ok) throw failureOf(outcome.problem)
      return outcome.body
    },
    project() {
      if (options.project !== undefined) return options.project
      throw usage(
        'No project is named.',
        'Add --project <key>, or set FLAGMARSHAL_PROJECT. Which there are: flagmarshal project list',
      )
    },
    rows(value, headings, rows) {
      streams.out(`${structured(form, { result: value }) ?? tabled(form, headings, rows)}\n`)
    },
    say(line) {
      if (!quiet) streams.err(`${line}\n`)
    },
  }
}
