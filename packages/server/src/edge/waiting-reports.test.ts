import { describe, expect, it } from 'vitest'

import { createWaitingReports } from './waiting-reports.ts'

const report = (seq: number) => ({
  instanceId: 'one',
  seq,
  fromMs: 0,
  toMs: 1,
  errors: [],
  codeDefaults: [],
  counts: [{ flag: 'f', variant: 'on', arm: 'outside' as const, n: 1, bad: 0, slow: 0, keys: [] }],
})
const SIZE = Buffer.byteLength(JSON.stringify(report(1)))

describe('reports that wait at an edge', () => {
  it('are given in order, and stay until they have arrived', () => {
    const waiting = createWaitingReports(10_000, 'run')
    for (const seq of [1, 2, 3]) expect(waiting.add(report(seq))).toBeUndefined()
    const first = waiting.next()
    expect(first?.reports.map((it) => it.seq)).toEqual([1, 2, 3])
    expect(waiting.next()).toEqual(first)
    expect(waiting.add(report(4))).toBeUndefined()
    waiting.sent(first ?? { reports: [] })
    expect(waiting.next()?.reports.map((it) => it.seq)).toEqual([4])
  })

  it('are turned away beyond the bound, counted, and taken again once there is room', () => {
    const waiting = createWaitingReports(2 * SIZE, 'run')
    expect([1, 2, 3, 4].map((seq) => waiting.add(report(seq))?.code)).toEqual([
      undefined,
      undefined,
      'edge-is-full',
      'edge-is-full',
    ])
    expect(waiting.count()).toEqual({ reports: 2, bytes: 2 * SIZE, turnedAway: 2 })
    waiting.sent(waiting.next() ?? { reports: [] })
    expect(waiting.add(report(3))).toBeUndefined()
  })

  it('keep a batch of counts under its number until it has arrived', () => {
    const waiting = createWaitingReports(10_000, 'run')
    waiting.ask('f')
    waiting.ask()
    const first = waiting.next()
    waiting.ask('f')
    expect(first?.asks).toEqual({
      run: 'run',
      seq: 1,
      counts: [
        { flag: 'f', n: 1 },
        { flag: '', n: 1 },
      ],
    })
    expect(waiting.next()).toEqual(first)
    waiting.sent(first ?? { reports: [] })
    expect(waiting.next()?.asks).toEqual({ run: 'run', seq: 2, counts: [{ flag: 'f', n: 1 }] })
  })

  it('carry what pages used, added up, and each batch of it once', () => {
    const waiting = createWaitingReports(10_000, 'run')
    waiting.use([{ flag: 'f', variant: 'on', n: 2 }])
    waiting.use([
      { flag: 'f', variant: 'on', n: 1 },
      { flag: 'f', variant: null, n: 4 },
    ])
    const first = waiting.next()
    expect(first?.asks).toEqual({
      run: 'run',
      seq: 1,
      counts: [],
      used: [
        { flag: 'f', variant: 'on', n: 3 },
        { flag: 'f', variant: null, n: 4 },
      ],
    })
    waiting.use([{ flag: 'g', variant: 'on', n: 1 }])
    expect(waiting.next()).toEqual(first)
    waiting.sent(first ?? { reports: [] })
    expect(waiting.next()?.asks).toMatchObject({ seq: 2, used: [{ flag: 'g', variant: 'on', n: 1 }] })
  })

  it('give more of it than a relay holds one after the other', () => {
    const waiting = createWaitingReports(10_000, 'run')
    waiting.use(Array.from({ length: 7_000 }, (_, n) => ({ flag: `f${n}`, variant: 'on', n: 1 })))
    const sizes = [1, 2, 3].map(() => {
      const given = waiting.next()
      waiting.sent(given ?? { reports: [] })
      return given?.asks?.used?.length
    })
    expect(sizes).toEqual([5_000, 2_000, undefined])
  })

  it('count no more flags than a relay can hold: the rest is counted with all', () => {
    const waiting = createWaitingReports(10_000, 'run')
    for (let n = 0; n < 6_000; n++) waiting.ask(`flag-${n}`)
    const counts = waiting.next()?.asks?.counts ?? []
    expect(counts.length).toBeLessThanOrEqual(5_001)
    expect(counts.reduce((sum, { n }) => sum + n, 0)).toBe(6_000)
  })
})
