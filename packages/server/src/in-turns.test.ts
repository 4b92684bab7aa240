import { expect, test } from 'vitest'

import { inPieces, inTurns } from './in-turns.ts'

/** Busy for some milliseconds of the clock. */
function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('R18 others have a turn between the pieces of long work, and its result is what it returns', async () => {
  let turns = 0
  function other(): void {
    turns++
    next = setImmediate(other)
  }
  let next = setImmediate(other)
  function* work() {
    for (let piece = 0; piece < 10; piece++) {
      busy(6)
      yield
    }
    return 'done'
  }
  expect(await inPieces(work())).toBe('done')
  clearImmediate(next)
  expect(turns).toBeGreaterThanOrEqual(9)
})

test('a list is worked through in its order', async () => {
  expect(await inTurns([3, 1, 2], (it) => it * 2)).toEqual([6, 2, 4])
  expect(await inTurns([], String)).toEqual([])
})

test('what is thrown between two pieces comes to the caller', async () => {
  await expect(inTurns([1], () => JSON.parse('{'))).rejects.toThrow(SyntaxError)
})
