import { setImmediate as nextTurn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createTurn } from './turn.ts'

test('R23 a turn is full once its work is done, and the next one is empty', async () => {
  const turn = createTurn(100)
  turn.add(60)
  expect(turn.isFull()).toBe(false)
  turn.add(60)
  expect(turn.isFull()).toBe(true)
  await nextTurn()
  expect(turn.isFull()).toBe(false)
  turn.add(99)
  expect(turn.isFull()).toBe(false)
})
