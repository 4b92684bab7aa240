/** R8 over the table of operations: what may be written twice says what then happens. */
import { describe, expect, it } from 'vitest'

import type { Operation } from './operation.ts'
import { operations } from './operations.ts'

const all: readonly (readonly [string, Operation])[] = Object.entries(operations)

/**
 * Replacing without If-Match, and why. `optional`: a machine that alone knows what it writes need not
 * compare; people's pages always do.
 */
const UNCOMPARED: Readonly<Record<string, string>> = {
  writeStep: 'optional',
  writeWorkPlan: 'optional',
  writeDocumentation: 'optional',
  agreeRemediation: 'the agreement with one owner and one day; each is kept in the run and in the audit',
  provideInput: 'the value of one input, looked at again; each is kept in the run and in the audit',
  changeRoles: 'the whole set of one person, by an administrator; each is in the audit with what it was',
  changePerson: 'only the fields that are given, by an administrator; each change is in the audit',
  changeManifestFlag: 'the interface is OpenFeature’s, which compares nothing',
  savePersona: 'the whole of one persona; the last one holds, each is in the audit',
  writeCodeScan: 'what a scan of one commit has found; the newest scan is the truth',
  writeReferences: 'what a scan of one commit has found; the newest scan is the truth',
}

/** Creating without Idempotency-Key, and why a repeat makes nothing twice. */
const ONCE_BY_ITSELF: Readonly<Record<string, string>> = {
  acceptInvitation: 'an invitation is accepted once',
  setUp: 'an installation is set up once',
  signIn: 'each sign-in is a session of its own',
  createUpload: 'content is named by its hash',
  createManifestFlag: 'its key is taken; the interface is OpenFeature’s',
  createBrowserCode: 'nothing is made before a code is used, which happens once, within a minute',
  takeBrowserToken: 'a code is used once; a token whose answer was lost is listed, revocable and ends',
  createInvitation:
    'a link that is shown once cannot be shown again; the lost one is listed, revocable and ends',
  createKillLink:
    'a link that is shown once cannot be shown again; the lost one is listed, revocable and ends',
  enrolSecondFactor: 'nothing counts before the first code of it; a later enrolment takes its place',
  startRollback: 'a second one finds the flag off, switches nothing and records just that',
}

const replaces = ([, it]: readonly [string, Operation]) => it.method === 'PUT' || it.method === 'PATCH'
const creates = ([, it]: readonly [string, Operation]) => it.method === 'POST' && it.success.status === 201

describe('R8 the table of operations', () => {
  it('R8 everything that replaces a version compares it, or says why not', () => {
    const without = all.filter((it) => replaces(it) && it[1].ifMatch !== true).map(([id]) => id)
    expect(without.toSorted()).toEqual(Object.keys(UNCOMPARED).toSorted())
    const optional = all.filter(([, it]) => it.ifMatch === 'optional').map(([id]) => id)
    expect(optional.every((id) => UNCOMPARED[id] === 'optional')).toBe(true)
  })

  it('R8 everything that creates takes an Idempotency-Key, or says why a repeat makes nothing twice', () => {
    const without = all.filter((it) => creates(it) && it[1].idempotent !== true).map(([id]) => id)
    expect(without.toSorted()).toEqual(Object.keys(ONCE_BY_ITSELF).toSorted())
  })
})
