/**
 * What opens an event stream where no header can be sent (`EventSource` of browsers): a text in the
 * address that is sealed by the server (R17), can do this one thing, and ends by itself. It holds the
 * hash of the SDK key that asked for it, so revoking the key ends it too.
 */
import { z } from 'zod'

import type { Safe } from '../secret/seal.ts'

/** The same token is given for this long, so that an answer does not change with every request. */
const TURN_MS = 2 * 3_600_000

/**
 * How long after its end a token still lets a client return to the stream that it was cut from. Browsers
 * return to the same address, and the published web provider (0.4.3) that is refused there takes what
 * has changed meanwhile into its cache without telling the page.
 */
const RETURN_MS = 30 * 24 * 3_600_000

const OWNER = 'event-token'

const Content = z.strictObject({ hash: z.string(), until: z.number() })

/** A token, and the turn in which it is given. */
export interface EventToken {
  readonly token: string
  readonly turn: number
}

/** Makes tokens: one a key and turn. */
export interface EventTokens {
  /** How long the same token is given; it opens streams for as long again. */
  readonly turnMs: number
  /** The token of this turn for the key with this hash. */
  of(hash: string, now: Date): EventToken
}

/** Keys whose token is remembered; beyond, all are made anew. */
const CAPACITY = 10_000

/** Nothing is made until it is asked for. Tests shorten the turn. */
export function createEventTokens(safe: Safe, turnMs = TURN_MS): EventTokens {
  const made = new Map<string, EventToken>()
  let ofTurn = -1

  return {
    turnMs,
    of(hash, now) {
      const turn = Math.floor(now.getTime() / turnMs)
      if (turn !== ofTurn || made.size >= CAPACITY) made.clear()
      ofTurn = turn
      const known = made.get(hash)
      if (known !== undefined) return known
      const until = (turn + 2) * turnMs
      const sealed = safe.seal(JSON.stringify({ hash, until }), OWNER)
      const token = { token: Buffer.from(sealed).toString('base64url'), turn }
      made.set(hash, token)
      return token
    },
  }
}

/** What a token that is valid says of itself. */
export interface OpenedEventToken {
  /** The hash of the SDK key that it was made for. */
  readonly hash: string
  readonly until: Date
}

/** The content of a token; undefined for one that has ended or is none of ours. `returning`: the client says what it has heard before. */
export function openEventToken(
  safe: Safe,
  token: string,
  { now, returning }: { readonly now: Date; readonly returning: boolean },
): OpenedEventToken | undefined {
  const opened = safe.open(Buffer.from(token, 'base64url').toString('utf8'), OWNER)
  if (opened === undefined) return undefined
  const { hash, until } = Content.parse(JSON.parse(opened))
  return until + (returning ? RETURN_MS : 0) <= now.getTime() ? undefined : { hash, until: new Date(until) }
}
