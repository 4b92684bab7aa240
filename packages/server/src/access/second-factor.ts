/**
 * The second factor of a person: an authenticator app, and recovery codes for the day that it is
 * gone. The secret is sealed (R17), of recovery codes only hashes are kept, and none is taken twice.
 */
import { randomBytes } from 'node:crypto'

import type { NewSecondFactor, SecondFactor } from '@flagmarshal/api/proof'
import type { ProofMethod } from '@flagmarshal/domain/access/proof'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { factorOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { endSessions, selectAccount } from '../storage/accounts.ts'
import type { Database, Tx } from '../storage/database.ts'
import {
  beginSecondFactor,
  confirmFactor,
  countRecoveryCodes,
  deleteSecondFactor,
  insertRecoveryCodes,
  lockSecondFactor,
  selectSecondFactor,
  spendRecoveryCode,
  updateLastStep,
} from '../storage/second-factors.ts'
import type { SecondFactorRow } from '../storage/second-factors.ts'
import { refuseOldProof, refuseWithoutSession } from './own-session.ts'
import { isPassword } from './password.ts'
import { base32, otpauth, stepOf } from './totp.ts'

/** The database, and what opens sealed secrets. */
export interface FactorParts {
  readonly database: Database
  readonly safe: Safe
}

const SECRET_BYTES = 20
const RECOVERY_CODES = 10

/** Whether there is one, and how many recovery codes are left. */
export async function showSecondFactor({ actor }: Context, { kysely }: Database): Promise<SecondFactor> {
  const row = await selectSecondFactor(kysely, actor.id)
  return {
    state: row === undefined ? 'none' : row.confirmed_at === null ? 'unconfirmed' : 'on',
    confirmedAt: row?.confirmed_at?.toISOString() ?? null,
    recoveryCodesLeft: row === undefined ? 0 : await countRecoveryCodes(kysely, actor.id),
  }
}

/** Begins one. Refuses without a session, with a wrong password, and where one is on. */
export async function enrolSecondFactor(
  context: Context,
  { database, safe }: FactorParts,
  password: string | undefined,
): Promise<NewSecondFactor | Refusal> {
  const { actor, now } = context
  if (actor.session !== true) return refuseWithoutSession()
  const account = await selectAccount(database.kysely, actor.id)
  const known = account?.password_hash ?? null
  if (known !== null && !(await isPassword(known, password ?? ''))) {
    return refuse('password-wrong', 'This is not your present password.', 'Try again.', '/password')
  }
  if (known === null) {
    // A code of it signs, so whoever sits down at a session that was left open must not begin one.
    const no = refuseOldProof(context, 'To set up a second factor, show once more who you are.')
    if (no !== undefined) return no
  }
  const bytes = randomBytes(SECRET_BYTES)
  const secret = safe.seal(bytes.toString('base64'), factorOwner(actor.id))
  return await database.transaction(async (tx) => {
    if (!(await beginSecondFactor(tx, { person: actor.id, secret, created_at: now }))) {
      return refuse(
        'second-factor-on',
        'Your account has a second factor.',
        'Remove it first, with a code of it.',
      )
    }
    const shown = base32(bytes)
    return { secret: shown, uri: otpauth(shown, actor.id) }
  })
}

/** Confirms it with a code; answers the recovery codes. */
export async function confirmSecondFactor(
  context: Context,
  { database, safe }: FactorParts,
  code: string,
): Promise<{ recoveryCodes: string[] } | Refusal> {
  const { actor, now } = context
  if (actor.session !== true) return refuseWithoutSession()
  return await database.transaction(async (tx) => {
    const row = await lockSecondFactor(tx, actor.id)
    if (row === undefined || row.confirmed_at !== null) {
      return refuse('nothing-to-confirm', 'No second factor waits to be confirmed.', 'Begin one first.')
    }
    if (!(await takeTotp(tx, safe, { row, code, now }))) return wrongCode()
    await confirmFactor(tx, actor.id, now)
    const recoveryCodes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode)
    await insertRecoveryCodes(tx, actor.id, recoveryCodes.map(sha256))
    await recordFactor(tx, context, 'second-factor.confirm', actor.id)
    return { recoveryCodes }
  })
}

/** Removes the own one, with a code of it. */
export async function removeSecondFactor(
  context: Context,
  { database, safe }: FactorParts,
  code: string,
): Promise<undefined | Refusal> {
  const { actor, now } = context
  return await database.transaction(async (tx) => {
    if ((await takeCode(tx, safe, { person: actor.id, code, now })) === undefined) return wrongCode()
    await deleteSecondFactor(tx, actor.id)
    await recordFactor(tx, context, 'second-factor.remove', actor.id)
    return undefined
  })
}

/** Takes that of somebody who has lost it away; their sessions end. */
export async function resetSecondFactor(
  context: Context,
  database: Database,
  person: string,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    if (!(await deleteSecondFactor(tx, person))) return notFound('second factor', person)
    await endSessions(tx, person, context.now, undefined)
    await recordFactor(tx, context, 'second-factor.reset', person)
    return undefined
  })
}

/** A code that somebody gives. */
export interface GivenCode {
  readonly person: string
  readonly code: string
  readonly now: Date
}

/** Takes a code of a confirmed second factor, and uses it up; undefined where it is none. */
export async function takeCode(
  tx: Tx,
  safe: Safe,
  { person, code, now }: GivenCode,
): Promise<ProofMethod | undefined> {
  const row = await lockSecondFactor(tx, person)
  if (row === undefined || row.confirmed_at === null) return undefined
  if (code.includes('-')) {
    return (await spendRecoveryCode(tx, person, sha256(code), now)) ? 'recovery-code' : undefined
  }
  return (await takeTotp(tx, safe, { row, code, now })) ? 'totp' : undefined
}

/** The method that signs a person in beside the password: refuses without the code that is needed. */
export async function passSecondFactor(
  tx: Tx,
  safe: Safe,
  given: Omit<GivenCode, 'code'> & { readonly code: string | undefined },
): Promise<ProofMethod | Refusal> {
  const row = await selectSecondFactor(tx, given.person)
  if (row === undefined || row.confirmed_at === null) return 'password'
  if (given.code === undefined) {
    return refuse(
      'second-factor-needed',
      'This account has a second factor.',
      'Give a code of your authenticator app, or a recovery code.',
      '/code',
    )
  }
  return (await takeCode(tx, safe, { ...given, code: given.code })) ?? wrongCode()
}

/** The answer for a code that is wrong, too old, or was used before. */
export function wrongCode(): Refusal {
  return refuse(
    'code-wrong',
    'This code is wrong, too old, or was used before.',
    'Wait for the next one of your app, or use a recovery code.',
    '/code',
  )
}

async function takeTotp(
  tx: Tx,
  safe: Safe,
  { row, code, now }: { readonly row: SecondFactorRow; readonly code: string; readonly now: Date },
): Promise<boolean> {
  const opened = safe.open(row.secret, factorOwner(row.person))
  if (opened === undefined) return false
  const step = stepOf(Buffer.from(opened, 'base64'), code, { now, lastStep: row.last_step })
  if (step === undefined) return false
  await updateLastStep(tx, row.person, step)
  return true
}

/** 80 random bits: four letters and digits, four times. */
function newRecoveryCode(): string {
  return base32(randomBytes(10)).toLowerCase().match(/.{4}/g)?.join('-') ?? ''
}

async function recordFactor(tx: Tx, context: Context, action: string, person: string): Promise<void> {
  await record(tx, context, { chain: 'installation', action, subject: { kind: 'person', id: person } })
}
