import { describe, expect, test } from 'vitest'

import { isThisMachine } from './issuer.ts'
import { idOf, resolvePerson } from './provider-person.ts'
import type { Known, Shown } from './provider-person.ts'

const shown: Shown = {
  subject: '248289',
  name: 'Ada Lovelace',
  login: 'ada',
  email: 'ada@acme.example',
  emailVerified: true,
}
const known = (it: Partial<Known>): Known => ({
  id: 'somebody',
  email: null,
  disabled: false,
  erased: false,
  ...it,
})
const open = { linksByEmail: true, addsPeople: true }

describe('somebody who signs in for the first time', () => {
  test('is added with the address that was verified, and without one that was not', () => {
    const added = { kind: 'add', id: 'ada', name: 'Ada Lovelace', email: 'ada@acme.example' }
    expect(resolvePerson(shown, [], open)).toEqual(added)
    expect(resolvePerson({ ...shown, emailVerified: false }, [], open)).toEqual({ ...added, email: null })
    expect(resolvePerson(shown, [], { ...open, addsPeople: false })).toMatchObject({
      code: 'not-known-here',
    })
  })

  test('is linked by a verified address where that was settled, whatever its case', () => {
    const ada = known({ id: 'lovelace', email: 'Ada@Acme.example' })
    expect(resolvePerson(shown, [ada], open)).toEqual({ kind: 'link', person: 'lovelace' })
    expect(resolvePerson(shown, [ada], { linksByEmail: true, addsPeople: false })).toMatchObject({
      kind: 'link',
    })
  })

  test.each([
    ['an address that was not verified', { ...shown, emailVerified: false }, open],
    ['an address, where that was not settled', shown, { linksByEmail: false, addsPeople: true }],
  ])('is never linked by %s, nor added beside the one who has it', (_, it, admission) => {
    const ada = known({ id: 'lovelace', email: 'ada@acme.example' })
    expect(resolvePerson(it, [ada], admission)).toMatchObject({ code: 'person-known' })
  })

  test('is linked to nobody where two have the address', () => {
    const two = [known({ id: 'a', email: shown.email ?? '' }), known({ id: 'b', email: shown.email ?? '' })]
    expect(resolvePerson(shown, two, open)).toMatchObject({ code: 'person-known' })
  })

  test('is no second person beside the one who has the id', () => {
    expect(resolvePerson(shown, [known({ id: 'ada' })], open)).toMatchObject({ code: 'person-known' })
  })

  test.each([
    ['the address', { id: 'lovelace', email: 'ada@acme.example', disabled: true }],
    ['the id', { id: 'ada', disabled: true }],
  ])('does not come back under a new name where somebody who was disabled has %s', (_, it) => {
    expect(resolvePerson(shown, [known(it)], open)).toMatchObject({ code: 'person-disabled' })
    expect(resolvePerson({ ...shown, emailVerified: false }, [known(it)], open)).toMatchObject({
      code: 'person-disabled',
    })
  })

  test('gets another id than somebody who was removed', () => {
    const gone = known({ id: 'ada', disabled: true, erased: true })
    expect(resolvePerson(shown, [gone], open)).toMatchObject({ kind: 'add', id: 'ada-2' })
    expect(resolvePerson(shown, [gone, { ...gone, id: 'ada-2' }], open)).toMatchObject({ id: 'ada-3' })
  })
})

describe('an id', () => {
  test.each([
    [{ login: 'Ada.Lovelace@acme.example', email: undefined, subject: 's' }, 'ada-lovelace'],
    [{ login: undefined, email: 'grace+x@acme.example', subject: 's' }, 'grace-x'],
    [{ login: 'Zoë', email: undefined, subject: 's' }, 'zoe'],
    [{ login: '李', email: undefined, subject: 'auth0|5f7' }, 'auth0-5f7'],
    [{ login: '--', email: '', subject: '!' }, 'person'],
    [{ login: 'x'.repeat(90), email: undefined, subject: 's' }, 'x'.repeat(63)],
  ])('of %j is %s', (it, id) => {
    expect(idOf(it)).toBe(id)
  })
})

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['localhost', true],
  ['[::1]', true],
  ['127.evil.example', false],
  ['localhost.evil.example', false],
  ['10.0.0.1', false],
])('a provider at %s may be called without TLS: %s', (host, may) => {
  expect(isThisMachine(host)).toBe(may)
})
