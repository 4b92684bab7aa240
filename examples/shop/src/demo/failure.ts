import type { OperationId, Operations, Outcome, Problem } from '@flagmarshal/api'

/** What an operation answers when it succeeds. */
export type Answer<Id extends OperationId> = Extract<Outcome<Operations[Id]>, { ok: true }>['body']

/** Why the demo did not end as it must, in a sentence for whoever runs it. */
export class DemoFailure extends Error {}

/** The body of an answer. A problem ends the demo, naming what was being done. */
export function must<Body>(
  what: string,
  outcome: { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly problem: Problem },
): Body {
  if (outcome.ok) return outcome.body
  const { status, code, detail, remedy, errors } = outcome.problem
  const fields = (errors ?? []).map(({ pointer, message }) => `\n  ${pointer}: ${message}`).join('')
  throw new DemoFailure(
    `${what} was refused (${status} ${code}): ${detail}${remedy === undefined ? '' : ` ${remedy}`}${fields}`,
  )
}
