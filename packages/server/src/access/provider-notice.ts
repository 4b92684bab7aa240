/** A notice of the provider that somebody's session there has ended: those that it opened here end too. */
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import { system } from '../context.ts'
import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { endSessionsThere, lockIdentity, spendSignIn } from '../storage/identities.ts'
import { openProvider } from './identity-provider.ts'
import type { ProviderParts } from './identity-provider.ts'

/** Ends them on every server. A notice that came before changes nothing. Tokens stay: they were made to outlive sessions. */
export async function takeNotice(
  context: Context,
  parts: ProviderParts,
  token: string,
): Promise<{ readonly ended: number } | Refusal> {
  const { now, log } = context
  const opened = await openProvider(parts)
  if (isRefusal(opened)) return opened
  const notice = await parts.provider.notice(opened.client, { token, now })
  if (notice.kind !== 'notice') {
    log.warn({ why: notice.why }, 'a notice of the provider was refused')
    if (notice.kind === 'failed') {
      return refuse('provider-unreachable', `Its keys cannot be read: ${notice.why}.`, 'Send it again.')
    }
    return refuse(
      'notice-refused',
      `This is no notice of the provider: ${notice.why}.`,
      'Look at its own log.',
    )
  }
  const { issuer, subject, session, id, until } = notice
  return await parts.database.transaction(async (tx) => {
    if (!(await spendSignIn(tx, { state: sha256(`notice ${issuer} ${id}`), until }, now))) return { ended: 0 }
    const person = subject === undefined ? undefined : (await lockIdentity(tx, issuer, subject))?.person
    if (subject !== undefined && person === undefined) return { ended: 0 }
    const ended = await endSessionsThere(tx, { issuer, session, person }, now)
    for (const whose of new Set(ended)) {
      await record(
        tx,
        { ...context, actor: system('identity-provider') },
        {
          chain: 'installation',
          action: 'session.close-all',
          subject: { kind: 'person', id: whose },
          after: { ended: ended.filter((it) => it === whose).length, because: 'ended at the provider' },
        },
      )
    }
    return { ended: ended.length }
  })
}
