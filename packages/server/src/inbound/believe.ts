/**
 * Whether a message comes from the system that it says it comes from. An unknown system and a wrong
 * signature get the same answer, so that nobody learns which systems there are.
 */
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { system } from '../context.ts'
import type { Context } from '../context.ts'
import { sourceOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { faultOfSignature, newWebhookSecret, sameText, webhookKey } from '../signature.ts'
import type { Database } from '../storage/database.ts'
import { selectSource } from '../storage/inbound.ts'
import type { SourceKey } from '../storage/inbound.ts'

/** What is needed to look. */
export interface Believing {
  readonly database: Database
  readonly safe: Safe
}

/** A message as it arrived. */
export interface Arrived {
  readonly key: SourceKey
  /** Request headers by lower-case name. */
  readonly header: (name: string) => string | undefined
  readonly body: Buffer
}

/** The context of a system whose signature fits, acting as itself. */
export async function believeSigned(
  context: Context,
  parts: Believing,
  { key, header, body }: Arrived,
): Promise<Context | Refusal> {
  // Where there is no such system the signature is still compared, with a secret that nobody has.
  const secret = (await secretOf(parts, key)) ?? newWebhookSecret()
  const signingKey = webhookKey(secret)
  if (signingKey === undefined) throw new Error(`the secret of source ${key.source} is none`)
  const fault = faultOfSignature(signingKey, header, body, context.now)
  return fault === undefined ? actingAs(context, key) : unbelieved(fault)
}

/** The context of a system that sends its secret as bearer token. */
export async function believeBearer(
  context: Context,
  parts: Believing,
  { key, header }: Arrived,
): Promise<Context | Refusal> {
  const secret = (await secretOf(parts, key)) ?? newWebhookSecret()
  const token = /^Bearer (\S{1,256})$/i.exec(header('authorization') ?? '')?.[1] ?? ''
  return sameText(token, secret) ? actingAs(context, key) : unbelieved('its bearer token is not the secret')
}

async function secretOf({ database, safe }: Believing, key: SourceKey): Promise<string | undefined> {
  const row = await selectSource(database.kysely, key)
  return row && safe.open(row.secret, sourceOwner(key.project, key.source))
}

function unbelieved(why: string): Refusal {
  return refuse(
    'not-believed',
    `The message is not from a known system: ${why}.`,
    'Create the system with POST …/inbound and sign with its secret as Standard Webhooks says; Alertmanager sends it as bearer token.',
  )
}

function actingAs(context: Context, { source }: SourceKey): Context {
  return { ...context, actor: system(`inbound/${source}`) }
}
