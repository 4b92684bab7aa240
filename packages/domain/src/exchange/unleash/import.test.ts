import type { JsonObject } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { unleashImport } from './import.ts'

const imported = (definition: JsonObject, environment = '*') =>
  unleashImport(definition, { engines: {}, environment, now: new Date(0) })

const on = { strategies: [{ name: 'default', parameters: {} }], enabled: true }

describe('features of Unleash', () => {
  it('are read from a list whose features carry their environments', () => {
    const features = [
      {
        name: 'a',
        type: 'permission',
        environments: [
          { name: 'production', ...on },
          { name: 'staging', enabled: false, strategies: [] },
        ],
      },
    ]
    const [flag] = imported({ features }, 'production').flags
    expect(flag).toMatchObject({
      key: 'a',
      kind: 'permission',
      enabled: true,
      fallthrough: { variant: 'on' },
    })
    expect(imported({ features }, 'staging').flags[0]).toMatchObject({ enabled: false })
  })

  it('whose names are told apart by capitals alone, or can be no key, get another one, and it is said', () => {
    const { flags, report } = imported({
      features: ['Search', 'search', 'søk på', '__proto__'].map((name) => ({ name, ...on })),
    })
    expect(flags.map((it) => [it.name, it.key])).toEqual([
      ['Search', 'Search'],
      ['search', 'search-2'],
      ['søk på', 's-k-pa'],
      ['__proto__', 'proto'],
    ])
    expect(report.filter((it) => it.severity === 'HIGH')).toHaveLength(3)
  })

  it('that cannot be carried over are named, and hurt no other', () => {
    const { flags, report } = imported({
      features: [
        { name: 'own', enabled: true, strategies: [{ name: 'ofTheirOwn' }] },
        { name: 'hollow', enabled: true, strategies: [{ name: 'default', segments: [7] }] },
        { name: 'orphan', ...on, dependencies: [{ feature: 'nobody' }] },
        { name: 'heavy', ...on, variants: [{ name: 'v', weight: 0.5 }] },
        { name: 'old', ...on, archived: true },
        {
          name: 'late',
          enabled: true,
          strategies: [
            {
              name: 'default',
              constraints: [{ contextName: 'x', operator: 'DATE_AFTER', value: '2026-01-01T00:00' }],
            },
          ],
        },
        { type: 'release' },
      ],
      segments: [{ id: 7, name: 'staff' }],
    })
    expect(flags.map((it) => it.key)).toEqual(['own', 'hollow', 'late', 'orphan'])
    for (const it of flags.filter((flag) => flag.key !== 'late'))
      expect(it).toMatchObject({ rules: [], fallthrough: { variant: 'off' } })
    const said = report.map(({ severity, entity, message }) => `${severity} ${entity}: ${message}`).join('\n')
    for (const part of [
      'HIGH feature own: Its strategy ofTheirOwn is left out',
      'HIGH feature hollow: A strategy of it is left out: the file names segment 7 without its constraints',
      'HIGH feature orphan: It depends on nobody, which is not imported',
      'HIGH feature heavy: It is left out: its variant v has a weight that is no whole number',
      'LOW feature old: It is archived',
      'MEDIUM feature late: Its time 2026-01-01T00:00 has no zone',
      'HIGH file: A feature without a name is left out.',
    ])
      expect(said).toContain(part)
  })

  it('no file at all is said to be none', () => {
    expect(imported({ flags: {} })).toMatchObject({
      flags: [],
      report: [{ severity: 'HIGH', message: 'It has no features, so it is no file of Unleash.' }],
    })
  })
})
