import { expect, it } from 'vitest'

import { clashesOf, merged } from './three-way.ts'

const base = { zone: 'UTC', hours: { from: '08:00', to: '18:00' }, experts: ['ada'] }

it('says field by field who changed what', () => {
  const theirs = { ...base, zone: 'Europe/Berlin', hours: { from: '08:00', to: '20:00' } }
  const mine = { ...base, hours: { from: '09:00', to: '19:00' }, experts: ['ada', 'bo'] }
  expect(clashesOf({ base, theirs, mine }, { experts: 'Flag experts' })).toEqual([
    { place: 'zone', label: 'Zone', base: 'UTC', theirs: 'Europe/Berlin', mine: 'UTC', who: 'theirs' },
    {
      place: 'hours/from',
      label: 'Hours · From',
      base: '08:00',
      theirs: '08:00',
      mine: '09:00',
      who: 'mine',
    },
    { place: 'hours/to', label: 'Hours · To', base: '18:00', theirs: '20:00', mine: '19:00', who: 'clash' },
    { place: 'experts', label: 'Flag experts', base: 'ada', theirs: 'ada', mine: 'ada, bo', who: 'mine' },
  ])
})

it('puts my changes on theirs, and nothing that I left alone', () => {
  const theirs = { ...base, zone: 'Europe/Berlin', hours: { from: '08:00', to: '20:00' }, note: 'new' }
  const mine = { ...base, hours: { from: '09:00', to: '19:00' } }
  expect(merged({ base, theirs, mine })).toEqual({
    zone: 'Europe/Berlin',
    hours: { from: '09:00', to: '19:00' },
    experts: ['ada'],
    note: 'new',
  })
})

it('takes away what I took away, and never mixes two kinds of a thing', () => {
  const url = { at: { kind: 'url', url: 'https://a.example' } }
  const git = { at: { kind: 'git', commit: 'abc' } }
  expect(merged({ base: { a: 1, b: 2 }, theirs: { a: 1, b: 3 }, mine: { b: 2 } })).toEqual({ b: 3 })
  expect(merged({ base: url, theirs: { at: { kind: 'url', url: 'https://b.example' } }, mine: git })).toEqual(
    git,
  )
})
