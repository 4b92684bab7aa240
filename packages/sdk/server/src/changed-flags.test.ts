import type { Flag, Segment, Snapshot } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { booleanFlag } from '../../../../tests/support/flag-server.ts'
import { changedFlags } from './changed-flags.ts'

const snapshot = (flags: readonly Flag[], segments: readonly Segment[] = []): Snapshot => ({
  schema: 1,
  project: 'shop',
  environment: 'production',
  revision: 1,
  generatedAt: '2026-01-01T00:00:00Z',
  flags,
  segments,
  telemetry: { flushIntervalMs: 15_000, pollIntervalMs: 15_000 },
})

const servedTo = (segment: string): Flag =>
  booleanFlag('served', {
    rules: [
      { id: 'r', name: 'r', when: { any: [{ not: { all: [{ segment }] } }] }, serve: { variant: 'on' } },
    ],
  })

describe('changedFlags', () => {
  it('names every flag of the first snapshot', () => {
    expect(changedFlags(undefined, snapshot([booleanFlag('b'), booleanFlag('a')]))).toEqual(['a', 'b'])
  })

  it('names flags that were added, changed and removed, and no others', () => {
    const before = snapshot([booleanFlag('same'), booleanFlag('changed'), booleanFlag('removed')])
    const after = snapshot([
      booleanFlag('same'),
      booleanFlag('changed', { enabled: false }),
      booleanFlag('added'),
    ])
    expect(changedFlags(before, after)).toEqual(['added', 'changed', 'removed'])
  })

  it('names flags whose segment changed, also through another segment', () => {
    const flags = [servedTo('outer'), booleanFlag('other')]
    const outer: Segment = { key: 'outer', when: { segment: 'inner' } }
    const before = snapshot(flags, [outer, { key: 'inner', include: ['a'] }])
    const after = snapshot(flags, [outer, { key: 'inner', include: ['a', 'b'] }])
    expect(changedFlags(before, after)).toEqual(['served'])
  })

  it('names flags whose rollout exposes a segment that changed', () => {
    const exposure = {
      by: 'targetingKey',
      salt: 's',
      hash: 'murmur3',
      audiences: [{ id: 'beta', when: { segment: 'beta' }, ranges: [] }],
      variant: 'on',
    } as const
    const flags = [
      booleanFlag('f', { rules: [{ id: 'r', name: 'r', when: { all: [] }, serve: { exposure } }] }),
    ]
    const before = snapshot(flags, [{ key: 'beta', include: ['a'] }])
    expect(changedFlags(before, snapshot(flags, []))).toEqual(['f'])
  })
})
