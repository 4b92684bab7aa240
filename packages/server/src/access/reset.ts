/**
 * A lost password: whoever asks gets a link by mail, if there is such an account with an address.
 *
 * The answer is given before anything is looked up, so that neither its words nor its time tell who
 * is known here. The link is an invitation for a known person: good once, and for an hour.
 */
import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, newToken, sha256 } from '../id.ts'
import { insertInvitation, revokeInvitationsOf, selectAccount } from '../storage/accounts.ts'
import type { Database } from '../storage/database.ts'
import { selectIdentities } from '../storage/identities.ts'

const HOUR_MS = 3_600_000

/** Sends a text to a mailbox; rejects where that fails. */
export type SendMail = (mail: {
  readonly to: string
  readonly subject: string
  readonly text: string
}) => Promise<void>

/** How mails with links go out, and where links lead. */
export interface ResetParts {
  readonly database: Database
  readonly send: SendMail
  /** Where people reach the console; never taken from the request, which may lie. */
  readonly address: string
}

/** Sends the link. Never rejects: whoever asked is told nothing of it, and the log has what went wrong. */
export async function sendReset(context: Context, parts: ResetParts, name: string): Promise<void> {
  const { log } = context
  try {
    const made = await makeLink(context, parts, name)
    if (made === undefined) {
      log.info('a reset was asked for an account without a mailbox')
      return
    }
    await parts.send({
      to: made.email,
      subject: 'Choose a new password for Flagmarshal',
      text: [
        `Somebody asked for a new password of ${made.person}.`,
        `${parts.address}/invitation#${made.secret}`,
        'The link is good once, and for an hour. Choosing a password ends all of your sessions.',
        'If it was not you, do nothing: your password stays as it is.',
      ].join('\n\n'),
    })
  } catch (error) {
    log.warn({ err: error }, 'the mail for a lost password was not sent')
  }
}

async function makeLink(
  context: Context,
  { database }: ResetParts,
  name: string,
): Promise<{ readonly person: string; readonly email: string; readonly secret: string } | undefined> {
  const { now } = context
  const account = await selectAccount(database.kysely, name)
  if (account === undefined || account.email === null) return undefined
  // Whoever signs in at the provider has no password, and would not be held by it with one.
  if (account.password_hash === null && (await selectIdentities(database.kysely, account.id)).length > 0)
    return undefined
  const { id: person, email, roles } = account
  const secret = newToken('invitation')
  const id = newId('invitation')
  const expiresAt = new Date(now.getTime() + HOUR_MS)
  await database.transaction(async (tx) => {
    // One link at a time: the newest one counts.
    await revokeInvitationsOf(tx, person, now)
    await insertInvitation(tx, {
      id,
      hash: sha256(secret),
      person,
      name: account.name,
      email,
      roles,
      created_by: person,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
      used_by: null,
      revoked_at: null,
    })
    await record(tx, context, {
      chain: 'installation',
      action: 'password.ask-for-reset',
      subject: { kind: 'person', id: person },
      after: { invitation: id, expiresAt },
    })
  })
  return { person, email, secret }
}
