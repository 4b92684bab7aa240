import { expect, test } from 'vitest'

import { createSafe } from '../secret/seal.ts'
import { killLink, openKillLink } from './link.ts'

const KEY = { project: 'shop', environment: 'production', flag: 'checkout' }
const UNTIL = new Date('2026-01-01T04:00:00Z')
const BEFORE = new Date('2026-01-01T03:59:59Z')
const safe = createSafe([Buffer.alloc(32, 1)])

test('a link opens its own page, until it ends, on servers that have its key', () => {
  const made = { id: 'signal_1', by: 'signal_1', until: UNTIL }
  const link = killLink(safe, 'https://flags.shop.example', KEY, made)
  expect(link).toMatch(/^https:\/\/flags\.shop\.example\/k\/shop\/production\/checkout\?t=[\w-]+$/)
  const text = new URL(link).searchParams.get('t') ?? ''
  expect(openKillLink(safe, text, KEY, BEFORE)).toEqual(made)
  expect(openKillLink(safe, text, KEY, UNTIL)).toBeUndefined()
  expect(openKillLink(safe, text, { ...KEY, environment: 'staging' }, BEFORE)).toBeUndefined()
  expect(openKillLink(safe, text, { ...KEY, flag: 'search' }, BEFORE)).toBeUndefined()
  expect(openKillLink(createSafe([Buffer.alloc(32, 2)]), text, KEY, BEFORE)).toBeUndefined()
  expect(openKillLink(safe, 'nonsense', KEY, BEFORE)).toBeUndefined()
})
