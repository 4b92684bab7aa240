import { pino } from 'pino'
import { expect, test } from 'vitest'

import { watchClock } from './clock-watch.ts'

test('a jump of the database’s clock is logged once, in either direction; the flow of time is not', () => {
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line) => void lines.push(line) })
  let steady = 0
  const watch = watchClock(log, () => steady)
  const see = (databaseMs: number, steadyMs: number) => {
    steady = steadyMs
    watch.saw(new Date(databaseMs))
  }
  see(1_000_000, 0)
  see(1_060_000, 60_000)
  expect(lines).toEqual([])
  see(4_660_500, 60_500)
  see(1_061_000, 61_000)
  see(1_062_000, 62_000)
  expect(lines.map((line) => JSON.parse(line).jumpMs)).toEqual([3_600_000, -3_600_000])
})
