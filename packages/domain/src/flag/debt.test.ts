import { expect, it } from 'vitest'

import { debtOf } from './debt.ts'

const life = { owner: 'shop', endsOn: '2027-01-31', retirement: 'everybody pays so' }
const at = (text: string) => new Date(text)

it('P-S1-12 is debt from the day after its end, with its owner', () => {
  const record = { owner: 'team', life }
  expect(debtOf(record, at('2027-01-31T23:59:59Z'))).toBeUndefined()
  expect(debtOf(record, at('2027-02-01T00:00:00Z'))).toEqual({
    owner: 'shop',
    because: 'past_end',
    since: at('2027-02-01T00:00:00Z'),
    why: 'it was to end on 2027-01-31; it can go once everybody pays so',
  })
})

it('P-S1-12 a flag that stays is none', () => {
  const record = { owner: 'team', life: { owner: 'shop', staysBecause: 'it is a kill switch' } }
  expect(debtOf(record, at('2099-01-01T00:00:00Z'))).toBeUndefined()
})

it('P-EX6 the flag of an aborted run is debt at once', () => {
  const aborted = { at: at('2026-03-02T10:00:00Z'), cause: 'feature_cancelled' }
  expect(debtOf({ owner: 'team', aborted }, at('2026-03-02T10:00:00Z'))).toMatchObject({
    owner: 'team',
    because: 'run_aborted',
    since: aborted.at,
  })
})
