/** Showing once more who one is, before a signature: kept with the session or token that asks. */
import type { GivenProof, KeptProof } from '@flagmarshal/api/proof'
import type { ProofMethod } from '@flagmarshal/domain/access/proof'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { selectAccount } from '../storage/accounts.ts'
import type { Tx } from '../storage/database.ts'
import { updateProof } from '../storage/second-factors.ts'
import { isPassword } from './password.ts'
import { takeCode, wrongCode } from './second-factor.ts'
import type { FactorParts } from './second-factor.ts'

/** Keeps the proof. Refuses a wrong code or password, and tokens that belong to no person. */
export async function prove(
  context: Context,
  { database, safe }: FactorParts,
  given: GivenProof,
): Promise<KeptProof | Refusal> {
  const { actor, now } = context
  const id = actor.tokenId
  if (actor.kind !== 'person' || id === undefined) {
    return refuse('person-needed', 'Only a person can show who they are.', "Use a person's own token.")
  }
  return await database.transaction(async (tx) => {
    const method = await methodOf(tx, { safe, given, context })
    if (isRefusal(method)) return method
    await updateProof(tx, id, { method, at: now })
    await record(tx, context, {
      chain: 'installation',
      action: 'person.prove',
      subject: { kind: 'person', id: actor.id },
      after: { method },
    })
    return { method, at: now.toISOString() }
  })
}

async function methodOf(
  tx: Tx,
  it: { readonly safe: FactorParts['safe']; readonly given: GivenProof; readonly context: Context },
): Promise<ProofMethod | Refusal> {
  const { given, safe } = it
  const { actor, now } = it.context
  if ('code' in given) {
    return (await takeCode(tx, safe, { person: actor.id, code: given.code, now })) ?? wrongCode()
  }
  const account = await selectAccount(tx, actor.id)
  if (await isPassword(account?.password_hash ?? null, given.password)) return 'password'
  return refuse('password-wrong', 'This is not your present password.', 'Try again.', '/password')
}
