import { expect, it } from 'vitest'

import { ConnectionLost, openStore } from './store.ts'

it('fails one call in 500, and goes on', () => {
  const store = openStore()
  const failures = Array.from({ length: 5_000 }, (_, i) => {
    try {
      return store(() => i) === i ? 0 : NaN
    } catch (error) {
      return error instanceof ConnectionLost ? 1 : NaN
    }
  })
  expect(failures.reduce<number>((sum, it) => sum + it, 0)).toBe(10)
})
