/**
 * What opens an event stream where no header can be sent (`EventSource` of browsers): a text in the
 * address that is sealed by the server (R17), can do this one thing, and ends by itself. It holds the
 * hash of the SDK key that asked for it, so revoking the key ends it too.
 */
import { z } from 'zod'

import type { Safe } from '../secret/seal.ts'

/** The same token is given for this long, so that an answer does not change with every request. */
export const EVENT_TOKEN_TURN_MS = 2 * 3_600_000

/** How long a token opens streams after its turn began. */
export const EVENT_TOKEN_MS = 2 * EVENT_TOKEN_TURN_MS

const OWNER = 'event-token'

const Content = z.strictObject({ hash: z.string(), until: z.number() })

/** A token, and the turn in which it is given. */
export interface EventToken {
  readonly token: string
  readonly turn: number
}

/** Makes tokens: one a key and turn. */
export interface EventTokens {
  /** The token of this turn for the key with this hash. */
  of(hash: string, now: Date): EventToken
}

/** Keys whose token is remembered; beyond, all are made anew. */
const CAPACITY = 10_000

/** Nothing is made until it is asked for. */
export function createEventTokens(safe: Safe): EventTokens {
  const made = new Map<string, EventToken>()
  let ofTurn = -1

  return {
    of(hash, now) {
      const turn = Math.floor(now.getTime() / EVENT_TOKEN_TURN_MS)
      if (turn !== ofTurn || made.size >= CAPACITY) made.clear()
      ofTurn = turn
      const known = made.get(hash)
      if (known !== undefined) return known
      const until = turn * EVENT_TOKEN_TURN_MS + EVENT_TOKEN_MS
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

/** The content of a token; undefined for one that has ended or is none of ours. */
export function openEventToken(safe: Safe, token: string, now: Date): OpenedEventToken | undefined {
  const opened = safe.open(Buffer.from(token, 'base64url').toString('utf8'), OWNER)
  if (opened === undefined) return undefined
  const { hash, until } = Content.parse(JSON.parse(opened))
  return until <= now.getTime() ? undefined : { hash, until: new Date(until) }
}
