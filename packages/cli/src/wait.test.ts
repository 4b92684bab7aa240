import { describe, expect, it } from 'vitest'

import { ask, duration } from './wait.ts'

describe('duration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
  ])('reads %s', (text, ms) => {
    expect(duration(text)).toBe(ms)
  })

  it.each(['', '10', 's', '-1s', '1.5s', '10 s', '1d'])('refuses "%s" and says what is right', (text) => {
    expect(() => duration(text)).toThrow('is no duration')
  })
})

describe('ask', () => {
  it('asks once when there is no time', async () => {
    let asked = 0
    expect(
      await ask(
        () => Promise.resolve(++asked),
        () => false,
        { withinMs: 0 },
      ),
    ).toBe(1)
  })

  it('stops as soon as it is told what it waits for', async () => {
    let asked = 0
    const answer = await ask(
      () => Promise.resolve(++asked),
      (it) => it === 3,
      { withinMs: 60_000, everyMs: 1 },
    )
    expect(answer).toBe(3)
  })
})
