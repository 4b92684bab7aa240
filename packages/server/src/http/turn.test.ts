import { setImmediate as nextTurn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createTurns } from './turn.ts'
import type { Room } from './turn.ts'

/** Takes numbered work of the same size; `done` says in which order, a refusal as its negative. */
function counted(room: Room, size: number) {
  const turns = createTurns(room)
  const done: number[] = []
  const take = (...numbers: readonly number[]) => {
    for (const n of numbers)
      turns.take(
        () => (done.push(n), size),
        () => done.push(-n),
      )
  }
  return { take, done }
}

test('R23 what has no room in a turn is done in the next ones, in its order', async () => {
  const { take, done } = counted({ inATurn: 100, waiting: 10_000, refused: 2 }, 60)
  take(1, 2, 3, 4, 5)
  expect(done).toEqual([1, 2])
  await nextTurn()
  expect(done).toEqual([1, 2, 3, 4])
  // Somebody waits, so nobody is taken before him.
  take(6)
  expect(done).toEqual([1, 2, 3, 4])
  await nextTurn()
  expect(done).toEqual([1, 2, 3, 4, 5, 6])
  await nextTurn()
  take(7)
  expect(done.at(-1)).toBe(7)
})

test('R23 what would wait too long is refused, a few in a turn, and taken again once others were', async () => {
  const { take, done } = counted({ inATurn: 100, waiting: 300, refused: 2 }, 100)
  // One at once, three that wait, three for whom there is no room.
  take(1, 2, 3, 4, 5, 6, 7)
  expect(done).toEqual([1])
  await nextTurn()
  expect(done).toEqual([1, -5, -6, 2])
  take(8)
  await nextTurn()
  expect(done).toEqual([1, -5, -6, 2, -7, 3])
  await nextTurn()
  await nextTurn()
  expect(done).toEqual([1, -5, -6, 2, -7, 3, 4, 8])
})
