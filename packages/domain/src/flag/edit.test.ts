import type { Rule } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { flagsUsing, segmentFaults } from './condition.ts'
import { expiryOf, lifetimeOf, missingVariants } from './definition.ts'
import { edited, faultsOf, initialConfig, ownedRuleRefusal } from './edit.ts'
import type { EditFacts, ServedConfig, WantedConfig } from './edit.ts'
import { gateRefusal, isOnAgain, variantsNeedGate } from './enable.ts'
import type { GatedChange } from './enable.ts'

const off = initialConfig('off')
const on: ServedConfig = { ...off, enabled: true, fallthrough: { variant: 'on' } }
const owned: Rule = {
  id: 'rollout',
  name: 'Rollout',
  when: { all: [] },
  serve: {
    exposure: { by: 'targetingKey', salt: 'abcdefghijklmno', hash: 'murmur3', audiences: [], variant: 'on' },
  },
  rollout: { id: 'r1', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 0 },
}
const mine: Rule = { id: 'mine', name: 'Mine', when: { all: [] }, serve: { variant: 'on' } }

function factsOf(current: ServedConfig): EditFacts {
  return {
    flag: { key: 'f', valueType: 'boolean', variants: { on: true, off: false } },
    current,
    segments: new Set(['staff']),
    others: new Map(),
    newRuleId: () => 'rule_new',
    newSalt: () => 'aaaaaaaaaaaaaaa',
  }
}

function wanting(rules: WantedConfig['rules']): WantedConfig {
  return { ...on, rules }
}

describe('an edit', () => {
  it('is completed with ids and salts and keeps those that are given', () => {
    const allocation = {
      by: 'targetingKey',
      hash: 'murmur3' as const,
      ranges: [{ from: 0, to: 1, variant: 'on' }],
    }
    const next = edited(
      {
        ...wanting([{ name: 'A', when: { all: [] }, serve: { allocation } }, mine]),
        fallthrough: { allocation: { ...allocation, salt: 'bbbbbbbbbbbbbbb' } },
      },
      factsOf(off),
    )
    expect(next.rules.map((rule) => rule.id)).toEqual(['rule_new', 'mine'])
    expect(next.rules[0]?.serve).toEqual({ allocation: { ...allocation, salt: 'aaaaaaaaaaaaaaa' } })
    expect(next.fallthrough).toEqual({ allocation: { ...allocation, salt: 'bbbbbbbbbbbbbbb' } })
  })

  it('leaves the rollout’s rule where it is: last when it was last, else at its place', () => {
    const atEnd = { ...on, rules: [mine, owned] }
    const more = wanting([
      { ...mine, id: 'first' },
      { ...mine, id: 'second' },
    ])
    const ids = (current: ServedConfig) => edited(more, factsOf(current)).rules.map((rule) => rule.id)
    expect(ids(atEnd)).toEqual(['first', 'second', 'rollout'])
    expect(ids({ ...on, rules: [owned, mine] })).toEqual(['rollout', 'first', 'second'])
  })

  it('may name each rule id once, only segments that exist, and ranges that fit', () => {
    const ranges = [
      { from: 0, to: 0, variant: 'on' },
      { from: 5, to: 100_001, variant: 'on' },
    ]
    const wanted = wanting([
      mine,
      { ...mine, when: { all: [{ segment: 'staff' }, { segment: 'gone' }] } },
      {
        name: 'C',
        when: { all: [] },
        serve: { allocation: { by: 'targetingKey', hash: 'murmur3', ranges } },
      },
    ])
    expect(faultsOf(wanted, factsOf(off)).map((it) => it.pointer)).toEqual([
      '/rules/1/id',
      '/rules/1/when/all/1/segment',
      '/rules/2/serve/allocation/ranges/0',
      '/rules/2/serve/allocation/ranges/1',
    ])
  })

  it('does not find variants that every object has', () => {
    const wanted = { ...on, offVariant: 'constructor', rules: [], fallthrough: { variant: '__proto__' } }
    expect(faultsOf(wanted, factsOf(off)).map((it) => it.pointer)).toEqual([
      '/offVariant',
      '/fallthrough/variant',
    ])
  })

  it('cannot touch the rollout’s rule, whatever the order of its members', () => {
    const current = { ...on, rules: [owned] }
    const reordered = {
      rollout: owned.rollout,
      serve: owned.serve,
      when: owned.when,
      name: 'Rollout',
      id: 'rollout',
    }
    expect(ownedRuleRefusal(wanting([reordered as Rule]), current)).toBeUndefined()
    expect(ownedRuleRefusal(wanting([mine]), current)).toBeUndefined()
    expect(ownedRuleRefusal(wanting([mine, { ...owned, name: 'x' }]), current)).toMatchObject({
      code: 'rule-owned-by-rollout',
      pointer: '/rules/1',
    })
    expect(ownedRuleRefusal(wanting([owned]), on)?.code).toBe('rule-owned-by-rollout')
    expect(ownedRuleRefusal(wanting([{ ...mine, id: 'rollout' }]), current)?.pointer).toBe('/rules/0')
  })
})

describe('a protected environment', () => {
  it('asks for it when the value that it serves becomes another one', () => {
    const variants = { on: true, off: false }
    expect(variantsNeedGate(variants, { ...variants, more: true }, on)).toBe(false)
    expect(variantsNeedGate(variants, { on: false, off: false }, off)).toBe(false)
    expect(variantsNeedGate(variants, { on: true, off: true }, off)).toBe(true)
    expect(variantsNeedGate(variants, { on: false, off: false }, on)).toBe(true)
  })

  it('leaves exposure to the rollout of an approved plan; what it covers may be on again', () => {
    const change: GatedChange = { flag: 'f', environment: 'production', drafts: true, what: 'config' }
    const open = { kind: 'open', by: 'plan' } as const
    for (const what of ['config', 'values', { segment: 'beta', lists: false }] as const)
      expect(gateRefusal(open, { ...change, what })?.code).toBe('in-procedure')
    for (const what of ['on-again', { segment: 'beta', lists: true }] as const)
      expect(gateRefusal(open, { ...change, what })).toBeUndefined()

    const quiet = { ...off, fallthrough: { variant: off.offVariant } }
    expect(isOnAgain(quiet, { ...quiet, enabled: true }), 'nobody gets anything by it').toBe(true)
    const loud = { ...quiet, fallthrough: { variant: 'on' } }
    expect(isOnAgain(loud, { ...loud, enabled: true }), 'no rollout decides who gets it').toBe(false)
    const rolled = { ...loud, rules: [owned] }
    expect(isOnAgain(rolled, { ...rolled, enabled: true })).toBe(true)
    expect(isOnAgain(rolled, { ...loud, enabled: true, rules: [owned, mine] })).toBe(false)
  })

  it('says what would open the gate', () => {
    const change: GatedChange = { flag: 'f', environment: 'production', drafts: true, what: 'config' }
    expect(gateRefusal({ kind: 'open', by: 'broken-glass' }, change)).toBeUndefined()
    const alone = gateRefusal({ kind: 'no-feature' }, change)
    expect(alone?.remedy).toContain('flagmarshal draft save f -e production')
    expect(alone?.remedy).toContain('flagmarshal feature new')
    const running = { kind: 'closed', feature: 'x', blockers: ['a', 'b'], running: true } as const
    const closed = gateRefusal(running, change)
    expect(closed).toMatchObject({ code: 'gate-closed', message: expect.stringContaining('a; b') })
    expect(closed?.remedy, 'a procedure runs: only it changes the flag').not.toContain('draft')
    expect(gateRefusal({ ...running, running: false }, change)?.remedy).toContain('draft save')
    const none = gateRefusal({ kind: 'no-feature' }, { ...change, drafts: false })
    expect(none?.remedy).toContain('takes no drafts')
    const segment = gateRefusal({ kind: 'no-feature' }, { ...change, what: { segment: 'beta', lists: true } })
    expect(segment?.remedy).toContain('flagmarshal draft save beta --segment -e production')
    const values = gateRefusal({ kind: 'no-feature' }, { ...change, what: 'values' })
    expect(values?.remedy).toContain('add a variant')
  })
})

describe('a definition', () => {
  it('lives as long as its kind, as it was told, or for ever', () => {
    expect(lifetimeOf('release', {})).toEqual({ days: 40 })
    expect(lifetimeOf('ops', { lifetimeDays: 3 })).toEqual({ days: 3 })
    expect(lifetimeOf('permission', {})).toHaveProperty('permanentReason')
    expect(expiryOf({ days: 2 }, new Date('2026-03-01'))).toEqual(new Date('2026-03-03'))
    expect(expiryOf({ permanentReason: 'x' }, new Date(0))).toBeUndefined()
  })

  it('keeps the variants that are used, those of a rollout among them', () => {
    const environments = [{ ...on, environment: 'production', rules: [owned] }]
    expect(missingVariants({ off: false }, environments)).toHaveLength(1)
    expect(missingVariants({ on: true, off: false }, environments)).toEqual([])
  })
})

describe('segments', () => {
  it('may build on each other, but never on themselves', () => {
    const others = new Map([
      ['a', { segment: 'b' }],
      ['b', null],
    ])
    expect(segmentFaults('b', { segment: 'c' }, others)[0]?.pointer).toBe('/when/segment')
    expect(segmentFaults('b', { not: { segment: 'a' } }, others)[0]?.pointer).toBe('/when')
    expect(segmentFaults('c', { segment: 'a' }, others)).toEqual([])
  })

  it('are used by flags directly, through each other, and by a rollout’s audiences', () => {
    const conditions = new Map([
      ['outer', { segment: 'inner' }],
      ['inner', null],
    ])
    const audience = { id: 'a', when: { segment: 'outer' }, ranges: [] }
    const exposure = {
      by: 'targetingKey',
      salt: 'abcdefghijklmno',
      hash: 'murmur3' as const,
      audiences: [audience],
      variant: 'on',
    }
    const flags = [
      { key: 'direct', rules: [{ ...mine, when: { segment: 'inner' } }] },
      { key: 'through', rules: [{ ...mine, when: { not: { segment: 'outer' } } }] },
      { key: 'audience', rules: [{ ...owned, serve: { exposure } }] },
      { key: 'none', rules: [mine] },
    ]
    expect(flagsUsing('inner', conditions, flags).map((it) => it.key)).toEqual([
      'direct',
      'through',
      'audience',
    ])
    expect(flagsUsing('outer', conditions, flags).map((it) => it.key)).toEqual(['through', 'audience'])
  })
})
