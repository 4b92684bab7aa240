import type { RolloutLive } from '@flagmarshal/api/rollout-live'
import { describe, expect, it } from 'vitest'

import { readEvents } from './events.ts'
import { bar, picture, sparkline } from './watch-view.ts'

const counts = (x: number) => ({ n: 100, x })
const point = (minute: number, exposed: number, control: number) => ({
  end: `2026-03-02T10:0${minute}:00.000Z`,
  criteria: [
    { criterion: 'errors', kind: 'ok', exposed: counts(exposed), control: counts(control), logE: null },
  ],
})

// As much of it as the picture looks at.
const live = {
  now: '2026-03-02T10:05:00.000Z',
  rollout: {
    feature: 'new-checkout',
    environment: 'production',
    attempt: 1,
    state: 'running',
    status: 'stage 1/2 gradual, 25 % of everybody: baking, 18 of 30 healthy windows',
    exposure: { share: 0.25 },
    bake: { windows: 18, healthy: 18, needed: 30, windowMs: 60_000, endsBy: null },
    verdicts: [{ criterion: 'errors', verdict: 'HOLD', blindMs: 0 }],
  },
  silentMs: 1_000,
  stale: false,
  bakeEndsAt: '2026-03-02T10:17:00.000Z',
  progress: [{ criterion: 'errors', harm: 0.1, go: 0.5, goAt: '2026-03-02T10:20:00.000Z' }],
  next: { what: 'the increment is judged', who: [], at: '2026-03-02T10:17:00.000Z' },
} as unknown as RolloutLive

const seen = { live, points: [point(1, 1, 2), point(2, 4, 2)], heardAt: 1_000 }
const plain = { colour: false, columns: 120, now: 2_000 }

describe('a rollout on a terminal', () => {
  it('shows stage, bake, evidence, both arms and what comes next', () => {
    expect(picture(seen, plain)).toEqual([
      'new-checkout in production, attempt 1: running',
      'stage 1/2 gradual, 25 % of everybody: baking, 18 of 30 healthy windows',
      'exposed   [█████░░░░░░░░░░░░░░░] 25 % of everybody',
      'baked     [████████████░░░░░░░░] 18 of 30 healthy windows, until about 10:17:00 UTC',
      'errors    HOLD  harm [██░░░░░░░░░░░░░░░░░░]  go [██████████░░░░░░░░░░] about 10:20:00 UTC',
      '  exposed ▃█ 4 %',
      '  control ▅▅ 2 %',
      'next      the increment is judged (10:17:00 UTC), by the engine',
      'heard 1 s ago',
    ])
  })

  it('has colours only where they are wanted, and no line wider than the terminal', () => {
    const coloured = picture(seen, { ...plain, colour: true })
    expect(coloured.join('')).toContain('\u001B[33mHOLD\u001B[0m')
    expect(picture(seen, plain).join('')).not.toContain('\u001B')
    const narrow = picture(seen, { ...plain, columns: 40 })
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThan(40)
  })

  it('says plainly when it is stale: nothing heard, or an engine that does not look', () => {
    expect(picture(seen, { ...plain, now: 31_000 }).at(-1)).toBe(
      'STALE: nothing heard for 30 s; above is how it stood at 10:05:00 UTC',
    )
    expect(picture({ ...seen, lost: 'fetch failed' }, plain).at(-1)).toMatch(/^STALE: .*\(fetch failed\)$/)
    const silent = { ...seen, live: { ...live, stale: true, silentMs: 45_000 } }
    expect(picture(silent, plain).at(-1)).toBe(
      'STALE: the engine has not looked for 45 s, though a look is due',
    )
    expect(picture({ points: [], heardAt: 0 }, plain)).toEqual(['waiting for the first word of the server …'])
  })

  it('draws bars and sparklines; what is unknown is blank', () => {
    expect(bar(2)).toBe(`[${'█'.repeat(20)}]`)
    expect(sparkline([0, 0.5, null, 1], 1)).toBe('▁▅ █')
    expect(sparkline([0, 0], 0)).toBe('▁▁')
  })
})

describe('events', () => {
  it('are read across chunks, heartbeats included', async () => {
    const chunks = [
      ':\n\nid: d1.w0\nevent: dec',
      'ision\ndata: {"seq":',
      '1}\n\nevent: state\ndata: 2\n\nevent: cut',
    ]
    const read = await Array.fromAsync(readEvents(ReadableStream.from(chunks)))
    expect(read).toEqual([
      { event: '', data: undefined },
      { event: 'decision', data: { seq: 1 }, id: 'd1.w0' },
      { event: 'state', data: 2 },
    ])
  })
})
