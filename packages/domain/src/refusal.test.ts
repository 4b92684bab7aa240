import { expect, it } from 'vitest'

import { isRefusal, refuse } from './refusal.ts'

it('a refusal has code, message and remedy; one word in somebody’s content makes none', () => {
  expect(isRefusal(refuse('stale', 'It has changed.', 'Look again.'))).toBe(true)
  for (const other of [undefined, null, 'refused', { refused: true }, { refused: true, code: 7 }])
    expect(isRefusal(other)).toBe(false)
  expect(isRefusal({ ...refuse('stale', 'It has changed.', 'Look again.'), refused: false })).toBe(false)
})
