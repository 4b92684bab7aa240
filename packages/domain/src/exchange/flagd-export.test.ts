import { compile } from '@flagmarshal/evaluation'
import type { Flag, JsonValue } from '@flagmarshal/evaluation'
import { FlagdCore } from '@openfeature/flagd-core'
import { describe, expect, it } from 'vitest'

import { randomFlags } from '../../../../tests/support/random-flags.ts'
import { flagdExport } from './flagd-export.ts'

const QUIET = { error() {}, warn() {}, info() {}, debug() {} }

function served(flags: readonly Flag[], segments = randomFlags(1).segments) {
  return { project: 'shop', environment: 'production', revision: 7, flags, segments }
}

function flagdOf(definition: unknown): FlagdCore {
  const core = new FlagdCore(undefined, QUIET)
  core.setConfigurations(JSON.stringify(definition))
  return core
}

const plain: Flag = {
  key: 'f',
  kind: 'release',
  valueType: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  offVariant: 'off',
  rules: [],
  fallthrough: { variant: 'on' },
}

describe('a flagd export', () => {
  const PAIRS = 100_000
  const CONTEXTS = 100

  it(`is evaluated by flagd-core as the flags are here: ${PAIRS} random pairs of flag and context`, () => {
    const random = randomFlags(20_260_401)
    const flags = random.flags(PAIRS / CONTEXTS)
    const { definition, report } = flagdExport(served(flags, random.segments))
    expect(report.filter((line) => line.severity === 'HIGH')).toEqual([])
    const compiled = compile({ flags, segments: random.segments })
    expect(compiled.problems).toEqual([])
    const core = flagdOf(definition)

    const seen = { values: 0, errors: 0, own: 0 }
    const differing: unknown[] = []
    for (const { key, valueType } of flags) {
      for (let i = 0; i < CONTEXTS; i++) {
        const context = random.context()
        const ours = compiled.flag(key)?.decide(context).evaluation
        // The context of the SDK has no room for what an untrusted one may hold.
        const theirs = core.resolve(valueType, key, 'default' as never, context as never, QUIET)
        const failed = ours === undefined || 'errorCode' in ours
        seen[failed ? 'errors' : 'values']++
        const own = ours !== undefined && 'variant' in ours && ours.value === undefined
        if (own) seen.own++
        const same = own
          ? theirs.errorCode === undefined && theirs.value === ('default' as never)
          : failed
            ? theirs.errorCode !== undefined && theirs.value === ('default' as never)
            : theirs.variant === ours.variant && JSON.stringify(theirs.value) === JSON.stringify(ours.value)
        if (!same) differing.push({ key, context, ours, theirs })
      }
    }
    expect(differing.slice(0, 3)).toEqual([])
    console.log(`flagd: ${PAIRS} pairs agree; ${seen.values} with a value, ${seen.errors} without`)
    expect(seen.values + seen.errors).toBe(PAIRS)
    expect(seen.errors).toBeGreaterThan(1_000)
    expect(seen.own).toBeGreaterThan(1_000)
  }, 120_000)

  it('has every flag ENABLED: a disabled one serves its off variant and has no targeting', () => {
    const off = {
      ...plain,
      enabled: false,
      rules: [{ id: 'r', name: 'r', when: { all: [] }, serve: { variant: 'on' } }],
    }
    const { definition } = flagdExport(served([off]))
    expect(definition).toEqual({
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      metadata: { flagSetId: 'shop/production', version: '7' },
      flags: { f: { state: 'ENABLED', variants: plain.variants, defaultVariant: 'off' } },
    })
  })

  it('says the caller’s own default as flagd does: no default variant, and DISABLED where the flag is off', () => {
    const variants = { on: true, own: null }
    const open: Flag = { ...plain, variants, offVariant: 'own', fallthrough: { variant: 'own' } }
    const off: Flag = { ...open, key: 'g', enabled: false }
    expect(flagdExport(served([open, off])).definition.flags).toEqual({
      f: { state: 'ENABLED', variants: { on: true }, defaultVariant: null },
      g: { state: 'DISABLED', variants: { on: true }, defaultVariant: null },
    })
  })

  it('says that keys outside ASCII may fall into another bucket, and they do', () => {
    const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
    const half: Flag = {
      ...plain,
      fallthrough: { allocation: { by: 'targetingKey', salt: 'abcdefghijklmno', hash: 'murmur3', ranges } },
    }
    const { definition, report } = flagdExport(served([half]))
    expect(report).toEqual([
      { severity: 'MEDIUM', entity: 'flag f', message: expect.stringContaining('outside ASCII') },
    ])
    const [core, compiled] = [flagdOf(definition), compile(served([half]))]
    const differing = Array.from({ length: 200 }, (_, i) => `käyttäjä-${i}`).filter(
      (targetingKey) =>
        core.resolveBooleanEvaluation('f', false, { targetingKey }, QUIET).value !==
        compiled.boolean('f', { targetingKey }, false),
    )
    expect(differing.length).toBeGreaterThan(20)
  })

  it.each([
    ['any case', { attribute: 'a', op: 'equals', values: ['x'], ignoreCase: true }, 'in any case'],
    ['a pattern', { attribute: 'a', op: 'matches', values: ['x'] }, 'regular expression'],
    ['an address', { attribute: 'a', op: 'in-cidr', values: ['10.0.0.0/8'] }, 'IP address'],
    ['what GrowthBook asks', { jsonLogic: { growthbook: { a: { $size: 1 } } } }, 'another tool'],
    ['an instant', { attribute: 'a', op: 'before', values: ['2026-01-01'] }, 'instants'],
  ])('leaves a flag out that flagd has no words for, and says so: %s', (_, when, says) => {
    const flag: Flag = JSON.parse(
      JSON.stringify({ ...plain, rules: [{ id: 'r', name: 'r', when, serve: { variant: 'off' } }] }),
    )
    const { definition, report } = flagdExport(served([flag]))
    expect(definition.flags).toEqual({})
    expect(report).toEqual([{ severity: 'HIGH', entity: 'flag f', message: expect.stringContaining(says) }])
  })

  it('leaves out what other vendors bucket, what is malformed, and what asks for either', () => {
    const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
    const unleash: Flag = {
      ...plain,
      key: 'u',
      fallthrough: { allocation: { by: 'targetingKey', salt: 'g', hash: 'unleash', ranges } },
    }
    const asking: Flag = { ...plain, key: 'a', prerequisites: [{ flag: 'u', variants: ['on'] }] }
    const broken: Flag = { ...plain, key: 'b', fallthrough: { variant: 'gone' } }
    const { definition, report } = flagdExport(served([unleash, asking, broken, plain]))
    expect(Object.keys(definition.flags)).toEqual(['f'])
    expect(report.map(({ severity, entity }) => `${severity} ${entity}`)).toEqual([
      'HIGH flag a',
      'HIGH flag b',
      'HIGH flag u',
    ])
  })

  it('keeps imported JSONLogic as it is', () => {
    const jsonLogic: JsonValue = { in: ['@faas.com', { var: ['email'] }] }
    const rules = [{ id: 'r', name: 'r', when: { jsonLogic }, serve: { variant: 'off' } }]
    const { definition, report } = flagdExport(served([{ ...plain, rules }]))
    expect(report).toEqual([])
    const core = flagdOf(definition)
    const ask = (email: string) => core.resolveBooleanEvaluation('f', false, { email }, QUIET).value
    expect([ask('ada@faas.com'), ask('ada@example.com')]).toEqual([false, true])
  })
})
