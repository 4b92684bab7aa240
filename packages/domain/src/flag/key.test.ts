import { execFileSync } from 'node:child_process'

import { expect, it } from 'vitest'

import { commandWord, differInCaseOnly, fileOfKey } from './key.ts'

it.each(['checkout', 'Team/Checkout:v2', 'a|b', 'a.b_c-d'])(
  'the key %s is one word of a command for a shell',
  (key) => {
    const printed = execFileSync('sh', ['-c', `printf '%s\\n' ${commandWord(key)}`], { encoding: 'utf8' })
    expect(printed).toBe(`${key}\n`)
  },
)

it('two keys never share a file, and no file leaves its folder', () => {
  const keys = ['a', 'a/b', 'a:b', 'a|b', 'a/b/c', 'a.b', 'a..b']
  expect(new Set(keys.map(fileOfKey)).size).toBe(keys.length)
  expect(fileOfKey('Team/v2:x|y')).toBe('Team/v2%3Ax%7Cy')
})

it('capitals alone do not tell keys apart', () => {
  expect(differInCaseOnly('checkOut', 'Checkout')).toBe(true)
  expect(differInCaseOnly('checkout', 'checkout')).toBe(false)
  expect(differInCaseOnly('checkout', 'check-out')).toBe(false)
})
