import { expect, test } from 'vitest'

import { inPieces, inTurns } from './in-turns.ts'

/** Busy for some milliseconds of the clock. */
function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** How many turns others had while something was worked out. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  function other(): void {
    turns++
    next = setImmediate(other)
  }
  let next = setImmediate(other)
  await work()
  clearImmediate(next)
  return turns
}

function* tenPieces() {
  for (let piece = 0; piece < 10; piece++) {
    busy(6)
    yield
  }
  return 'done'
}

test('R18 others have a turn between the pieces of long work, and its result is what it returns', async () => {
  const turns = await turnsDuring(async () => expect(await inPieces(tenPieces())).toBe('done'))
  expect(turns).toBeGreaterThanOrEqual(9)
})

test('R18 of much long work at once a turn holds one piece', async () => {
  const crowd = Array.from({ length: 4 }, () => tenPieces())
  expect(await turnsDuring(() => Promise.all(crowd.map(inPieces)))).toBeGreaterThanOrEqual(36)
})

test('a list is worked through in its order', async () => {
  expect(await inTurns([3, 1, 2], (it) => it * 2)).toEqual([6, 2, 4])
  expect(await inTurns([], String)).toEqual([])
})

test('what is thrown between two pieces comes to the caller', async () => {
  await expect(inTurns([1], () => JSON.parse('{'))).rejects.toThrow(SyntaxError)
})
