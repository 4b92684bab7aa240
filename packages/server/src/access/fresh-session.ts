/**
 * A token outlives the session in which it is made, so whoever sits down at one that was left open must not
 * leave with a token: it is made soon after its maker has signed in, or has shown again who they are.
 */
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { selectOwnTokens } from '../storage/access.ts'
import type { Queries } from '../storage/database.ts'

/** How long after that, in minutes. */
const FRESH_MINUTES = 60

/** Why no token is made in this session now; undefined where one may be, or where it is no session that asks. */
export async function refuseOldSession(
  queries: Queries,
  { actor, now }: Pick<Context, 'actor' | 'now'>,
): Promise<Refusal | undefined> {
  if (actor.session !== true) return undefined
  const open = await selectOwnTokens(queries, { person: actor.id, kind: 'session' }, now)
  const own = open.find((it) => it.id === actor.tokenId)
  const shown = Math.max(own?.created_at.getTime() ?? 0, own?.proved_at?.getTime() ?? 0)
  if (now.getTime() - shown <= FRESH_MINUTES * 60_000) return undefined
  return refuse(
    'proof-needed',
    `A token lasts longer than this session, which is older than ${FRESH_MINUTES} minutes.`,
    'Show once more who you are, or sign in anew.',
  )
}
