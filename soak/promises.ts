/**
 * What is promised, R1 to R23, one line each. A test shows a promise by having its id at the
 * beginning of its title or of the title of its group.
 */

/** The ids with what each of them promises. */
export const PROMISES = {
  R1: 'evaluations are answered from memory while the database is away, writes with 503',
  R2: 'the SDK never throws and never blocks, and starts from its cache without a server',
  R3: '1,000 clients that lose their server reconnect without a stampede',
  R4: 'a kill reaches 200 connected SDKs in under 250 ms (p99), each named until it has confirmed',
  R5: 'kill -9 during writes loses nothing that was acknowledged and leaves nothing half done',
  R6: 'state, audit, messages and revision are one transaction; messages arrive at least once',
  R7: 'of two servers exactly one advances a rollout; a dead one is replaced within 10 s',
  R8: 'the second writer is told what changed; a repeated creation makes one thing',
  R9: 'a backup restored elsewhere serves the same, and its audit chain verifies',
  R10: 'migrations run from an empty database and from that of an earlier version',
  R11: 'metrics that are missing, stale or garbage are never a Go',
  R12: 'a jumped clock, a paused process and restarts promote nothing early and lose no bake time',
  R13: 'an edit by a person under a rollout holds it, and is never fought over',
  R14: 'each route lets in exactly whom it declares',
  R15: 'passwords, sessions and tokens are kept and limited as they must be',
  R16: 'outgoing requests reach nothing that the operator has not allowed',
  R17: 'secrets of integrations are encrypted at rest and can be rotated',
  R18: 'bad input is refused by name: no 5xx, no crash, no stall of over 200 ms',
  R19: 'what people typed is text, under a strict policy of contents',
  R20: 'an edited, dropped, reordered, cut or rewritten audit chain is found, with its place',
  R21: 'evaluation is fast: ratios of a benchmark, never a timed test',
  R22: 'at half of the maximum load memory stays flat and nothing fails',
  R23: 'in overload bulk requests are shed with Retry-After; kill and management answer',
} as const satisfies Readonly<Record<`R${number}`, string>>

export type PromiseId = keyof typeof PROMISES

/** The ids in order. */
export const PROMISE_IDS = Object.keys(PROMISES).filter(isPromiseId)

/** Whether some promise has this id. */
export function isPromiseId(text: string): text is PromiseId {
  return Object.hasOwn(PROMISES, text)
}
