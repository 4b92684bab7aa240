import { describe, expect, it } from 'vitest'

import { plan as testPlan, stage } from '../../../../tests/support/rollout.ts'
import { evidencePerEvent } from '../analysis/statistics/power.ts'
import { whole } from '../pieces.ts'
import { defaultPlan, guardrail } from './plan.ts'
import { preFlight, trafficByAudience } from './pre-flight.ts'

const flown = (...them: Parameters<typeof preFlight>) => whole(preFlight(...them))

const MINUTE_MS = 60_000
const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 })
const { absoluteOnly: _declared, ...compared } = testPlan({ criteria: [errors] })
const busy = { everybody: { perMinute: 6_000, badShare: 0.01 } }

describe('what an increment can see', () => {
  it('3 times at 10 % takes what F10 says: about 113 bad events at alpha .001, before the price of time', () => {
    expect(evidencePerEvent(3, { share: 0.1, tolerated: 1.1 })).toBeCloseTo(0.078, 3)
    const [first] = flown(compared, { traffic: busy, audienceShares: {} })
    const three = first?.criteria[0]?.sees.find(({ ratio }) => ratio === 3)
    // 6000 · 1 % · (0.9 + 0.1 · 3) = 72 bad events a minute; 123 with the price of two windows.
    expect((three?.afterMs ?? 0) / MINUTE_MS).toBeGreaterThan(113 / 72)
    expect((three?.afterMs ?? 0) / MINUTE_MS).toBeLessThan(2.2)
  })

  it('P-S3-6 says in words what is seen and what is not, and the duration that would be enough', () => {
    const quiet = { everybody: { perMinute: 300, badShare: 0.01 } }
    const absolute = testPlan({ criteria: [errors] })
    const [first] = flown(absolute, { traffic: quiet, audienceShares: {} })
    expect(first?.criteria[0]).toMatchObject({ enough: false })
    expect(first?.criteria[0]?.sentence).toMatch(
      /^at this traffic 1\.3× cannot be seen in this increment \(it takes about .*\); 2× cannot .*; 3× cannot be seen in this increment \(it takes about \d+ min\); 10× is seen in about \d+ min; in the 30 min here the smallest seen is [\d.]+×; .* at this increment would be enough for the plan's own$/,
    )
  })

  it('waits for bake time, 30 windows or 1.6 times the estimate, whichever is longest', () => {
    const traffic = (perMinute: number) => ({ everybody: { perMinute, badShare: 0.01 } })
    const waits = (perMinute: number, bakeMs: number) =>
      flown(
        { ...compared, stages: [stage('one', [10], { bakeMs }), stage('full', [100])] },
        {
          traffic: traffic(perMinute),
          audienceShares: {},
        },
      )[0]
    expect(waits(60_000, MINUTE_MS)?.waitsMs).toBe(30 * MINUTE_MS)
    expect(waits(60_000, 90 * MINUTE_MS)?.waitsMs).toBe(90 * MINUTE_MS)
    const slow = waits(100, MINUTE_MS)
    const own = slow?.criteria[0]?.sees.find(({ ratio }) => ratio === 2)?.afterMs ?? 0
    expect(slow?.waitsMs).toBeCloseTo(1.6 * own, 6)
    expect(slow?.waitsMs).toBeGreaterThan(30 * MINUTE_MS)
  })

  it('compares with the ceiling where there is no control', () => {
    const alone = flown(testPlan({ criteria: [errors], holdback: 0 }), {
      traffic: busy,
      audienceShares: {},
    }).at(-1)
    expect(alone).toMatchObject({ percent: 100, control: false })
    const sees = alone?.criteria[0]?.sees
    // 1.3 and 2 times 1 % are not above the ceiling of 2 %.
    expect(sees?.map(({ afterMs }) => afterMs === null)).toEqual([true, true, false, false])
  })

  it('says the reach of each stage in requests and users', () => {
    const plan = defaultPlan({ staff: 'staff', beta: 'beta' }, [errors])
    const audienceShares = { internal: 0.02, beta: 0.08 }
    const measured = {
      minutes: 60,
      quietMinutes: 0,
      perMinute: 1_000,
      badShare: 0.01,
      slowShare: 0,
      dispersion: { bad: { relative: 1, absolute: 1 }, slow: { relative: 2, absolute: 2 } },
    }
    const traffic = trafficByAudience(plan, { traffic: measured }, audienceShares)
    const steps = flown(plan, { traffic, audienceShares, expectedKeys: 10_000 })
    expect(steps.map((it) => [it.name, it.percent, it.users, it.requestsPerMinute])).toEqual([
      ['internal', 50, 100, 10],
      ['internal', 100, 200, 20],
      ['beta', 50, 600, 40],
      ['beta', 100, 1_000, 80],
      ['gradual', 10, 1_900, 90],
      ['gradual', 25, 3_250, 225],
      ['gradual', 50, 5_500, 450],
      ['full', 95, 9_550, 855],
    ])
  })

  it('P-S3-6 estimates what is counted elsewhere by its own counts, and nothing of what nobody counts', () => {
    const source = { kind: 'prometheus', connection: 'main', total: 'all', bad: 'bad' } as const
    const other = guardrail('elsewhere', source, { ceiling: 0.02 })
    const plan = { ...compared, criteria: [errors, other] }
    const counts = { criterion: 'elsewhere', minutes: 60, sliced: true }
    const dispersion = { relative: 1, absolute: 1 }
    const criteria = [{ ...counts, perMinute: 6_000, share: 0.01, dispersion }]
    const [first] = flown(plan, {
      traffic: trafficByAudience(plan, { criteria }, {}),
      audienceShares: {},
    })
    expect(first?.criteria.map((it) => it.criterion)).toEqual(['elsewhere'])
    const [same] = flown(
      { ...plan, criteria: [errors, { ...errors, id: 'again' }], phi: 1 },
      { traffic: busy, audienceShares: {} },
    )
    expect(first?.criteria[0]?.sees).toEqual(same?.criteria[0]?.sees)
    expect(first?.requestsPerMinute).toBe(same?.requestsPerMinute)
  })

  it('is not sure of anything where nothing ever fails', () => {
    const [first] = flown(compared, {
      traffic: { everybody: { perMinute: 600, badShare: 0 } },
      audienceShares: {},
    })
    expect(first?.criteria[0]).toMatchObject({ smallest: null, enough: false, neededMs: null })
    expect(first?.criteria[0]?.sentence).toContain('no regression is seen')
  })
})
