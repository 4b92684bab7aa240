import { describe, expect, it } from 'vitest'

import { faultOfRepeat, nextOfHook, planHash } from './hook-run.ts'
import type { DataResult, HookProgress, PhaseRecord } from './hook-run.ts'
import { faultsOfHook, fillIn } from './hook.ts'
import type { HookDefinition, HookValues } from './hook.ts'

const hash = (text: string) => `#${text.length}:${text}`
const PLAN: DataResult = {
  reversible: true,
  rows: 3,
  checksumBefore: 'a',
  checksumAfter: 'b',
  durationMs: 5,
}

function done(phase: PhaseRecord['phase'], more: Partial<PhaseRecord> = {}): PhaseRecord {
  return { phase, at: '2026-01-01T00:00:00Z', ms: 1, ok: true, said: 'done', ...more }
}
const data = (phases: readonly PhaseRecord[], more: Partial<HookProgress> = {}): HookProgress => ({
  part: 'data',
  mode: 'run',
  phases,
  watched: true,
  ...more,
})
const next = (progress: HookProgress) => nextOfHook(progress, hash)
const planned = [done('plan', { result: PLAN }), done('verify', { result: PLAN })]

describe('the run of a hook', () => {
  it('applies and then probes code; a dry run probes without applying', () => {
    const code = (mode: HookProgress['mode'], ...phases: PhaseRecord[]): HookProgress => ({
      part: 'code',
      mode,
      phases,
      watched: false,
    })
    expect(next(code('run'))).toEqual({ kind: 'phase', phase: 'apply' })
    expect(next(code('run', done('apply')))).toEqual({ kind: 'phase', phase: 'probe' })
    expect(next(code('run', done('apply'), done('probe')))).toEqual({ kind: 'end', state: 'succeeded' })
    expect(next(code('dry-run'))).toEqual({ kind: 'phase', phase: 'dry-run' })
    expect(next(code('run', done('apply', { ok: false, said: 'it answered 500' })))).toEqual({
      kind: 'end',
      state: 'failed',
      problem: 'apply: it answered 500',
    })
  })

  it('P-S5-4 never applies data before a person has confirmed this very plan', () => {
    expect(next(data([]))).toEqual({ kind: 'phase', phase: 'plan' })
    const plan = planned.slice(0, 1)
    expect(next(data(plan))).toEqual({ kind: 'confirm' })
    expect(next(data(plan, { confirmed: 'another plan' }))).toEqual({ kind: 'confirm' })
    const confirmed = planHash(plan, hash) ?? ''
    expect(next(data(plan, { confirmed }))).toEqual({ kind: 'phase', phase: 'verify' })
    expect(next(data(planned, { confirmed }))).toEqual({ kind: 'phase', phase: 'apply' })
    expect(next(data(planned, { mode: 'dry-run' }))).toEqual({ kind: 'end', state: 'succeeded' })
  })

  it('P-S5-4 binds the confirmation to rows and checksums, not to how long planning took', () => {
    const slower = [done('plan', { result: { ...PLAN, durationMs: 900 } })]
    expect(planHash(slower, hash)).toBe(planHash(planned, hash))
    expect(planHash([done('plan', { result: { ...PLAN, rows: 4 } })], hash)).not.toBe(planHash(planned, hash))
  })

  it.each<[string, PhaseRecord[], string]>([
    [
      'data that changed',
      [planned[0]!, done('verify', { result: { ...PLAN, checksumBefore: 'x' } })],
      'changed',
    ],
    ['other rows', [...planned, done('apply', { result: { ...PLAN, rows: 2 } })], '2 rows'],
    [
      'another result',
      [
        ...planned,
        done('apply', { result: PLAN }),
        done('verify', { result: { ...PLAN, checksumAfter: 'x' } }),
      ],
      'reported',
    ],
    ['no result', [done('plan')], 'no result'],
  ])('P-S5-4 fails with %s', (_, phases, words) => {
    const confirmed = planHash(phases, hash)
    const found = next(data(phases, confirmed === undefined ? {} : { confirmed }))
    expect(found).toMatchObject({ kind: 'end', state: 'failed', problem: expect.stringContaining(words) })
  })

  it('P-S5-8 watches data afterwards, and says when they are no longer what was left behind', () => {
    const all = [...planned, done('apply', { result: PLAN }), done('verify', { result: PLAN })]
    const confirmed = planHash(all, hash) ?? ''
    expect(next(data(all, { confirmed }))).toEqual({ kind: 'watch' })
    expect(faultOfRepeat(all, done('verify', { result: PLAN }))).toBeUndefined()
    const drifted = done('verify', { result: { ...PLAN, checksumAfter: 'c' } })
    expect(faultOfRepeat(all, drifted)).toContain('no longer')
    expect(faultOfRepeat(all, done('verify', { ok: false, said: 'away' }))).toBe('away')
  })
})

describe('a hook', () => {
  const values: HookValues = {
    version: '1.4 2',
    project: 'shop',
    feature: 'f',
    flag: 'f',
    environment: 'staging',
    hook: 'deploy',
    key: 'hookrun_1',
    phase: 'apply',
  }
  const target = {
    action: { kind: 'command' as const, program: '/opt/back', args: ['--to', '{version}'] },
    probe: { kind: 'http' as const, url: 'https://shop.example/{version}', status: 200 },
    budgetMs: 60_000,
  }
  const hook: HookDefinition = {
    part: 'code',
    title: 'Back',
    production: target,
    staging: { none: 'no such place' },
  }

  it('fills in names of a closed set and nothing else', () => {
    expect(fillIn('{version} {key} {PATH} ${version}', values)).toBe('1.4 2 hookrun_1 {PATH} $1.4 2')
    expect(fillIn('/v/{version}', values, encodeURIComponent)).toBe('/v/1.4%202')
    expect(faultsOfHook(hook)).toEqual([])
    const wrong = { ...target, action: { ...target.action, args: ['{home}'] } }
    expect(faultsOfHook({ ...hook, production: wrong })[0]).toContain('{home} is none of')
  })

  it('needs what shows that it worked; data needs to be told its phase', () => {
    const { probe: _, ...blind } = target
    expect(faultsOfHook({ ...hook, production: blind })).toEqual([
      'production: a probe is needed that shows that it worked',
    ])
    expect(faultsOfHook({ ...hook, part: 'data', staging: blind })).toEqual([
      'production: an argument must hold {phase}: data is planned, verified and applied by the same program',
      'staging: an argument must hold {phase}: data is planned, verified and applied by the same program',
    ])
  })
})
