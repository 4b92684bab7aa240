/** Each rule: what breaks it, and what does not. */
import { describe, expect, it } from 'vitest'

import { lintCode } from './code.ts'
import type { CodedFlag, CodeFacts, LintedPlace } from './code.ts'
import { lintFlags } from './flags.ts'
import type { LintedFlag, LintedPlan } from './flags.ts'
import { LINT_RULE_IDS } from './rules.ts'
import type { LintFinding } from './rules.ts'

const NOW = new Date('2026-11-26T12:00:00Z')
const ago = (days: number) => new Date(NOW.getTime() - days * 86_400_000)

const OFF = { enabled: false, decides: false }
const USE: LintedFlag['use'] = { permanent: false, changedAt: ago(1), environments: [OFF], references: 1 }

function flag(
  given: Partial<Omit<LintedFlag, 'use'>> & { use?: Partial<LintedFlag['use']> } = {},
): LintedFlag {
  const { use, ...rest } = given
  return { key: 'a', kind: 'release', owner: 'team-a', asksFor: [], ...rest, use: { ...USE, ...use } }
}

const GUARDRAIL: LintedPlan['criteria'][number] = {
  id: 'errors',
  role: 'report',
  severity: 'critical',
  max: 0,
  onFail: 'roll-back',
}

function plan(given: Partial<LintedPlan> = {}): LintedPlan {
  return { feature: 'f', flag: 'a', criteria: [GUARDRAIL], silent: [], ...given }
}

function coded(given: Partial<CodedFlag> = {}): CodedFlag {
  return { key: 'a', valueType: 'boolean', off: false, archived: false, ...given }
}

function place(given: Partial<LintedPlace> = {}): LintedPlace {
  return {
    flag: 'a',
    file: 'x.ts',
    line: 3,
    kind: 'call',
    asks: { type: 'boolean', fallback: false },
    ...given,
  }
}

const ofFlags = (flags: readonly LintedFlag[], plans: readonly LintedPlan[] = []) =>
  lintFlags({ flags, plans }, NOW)
const ofCode = (given: Partial<CodeFacts>) =>
  lintCode({ places: [], flags: [coded()], manifest: undefined, ...given })
const entry = (flagType: string, key = 'a') => ({
  manifest: { file: 'flags.json', entries: [{ key, flagType, line: 4 }] },
})

/** Rule, what breaks it, what does not. */
const RULES: readonly (readonly [string, string, readonly LintFinding[], readonly LintFinding[]])[] = [
  ['R001', 'a call', ofCode({ places: [place({ flag: 'b' })] }), ofCode({ places: [place()] })],
  ['R001', 'a manifest', ofCode(entry('boolean', 'b')), ofCode(entry('boolean'))],
  [
    'R001',
    'not a name',
    ofCode({ places: [place({ flag: 'b' })] }),
    ofCode({ places: [place({ flag: 'b', kind: 'mention' })] }),
  ],
  [
    'R002',
    'on as default',
    ofCode({ places: [place({ asks: { fallback: true } })] }),
    ofCode({ places: [place({ asks: {} })] }),
  ],
  [
    'R002',
    'another default in another layer',
    ofCode({
      flags: [coded({ off: undefined })],
      places: [place(), place({ layer: 'frontend', asks: { fallback: true } })],
    }),
    ofCode({ flags: [coded({ off: undefined })], places: [place(), place({ layer: 'frontend' })] }),
  ],
  ['R003', 'unknown', ofFlags([flag({ owner: 'unknown' })]), ofFlags([flag({ owner: 'nobody-else' })])],
  ['R003', 'a dash', ofFlags([flag({ owner: ' - ' })]), ofFlags([flag({ owner: 'n-team' })])],
  [
    'R004',
    'past its lifetime',
    ofFlags([flag({ expiresAt: ago(1) })]),
    ofFlags([flag({ expiresAt: ago(-1) })]),
  ],
  [
    'R004',
    'debt',
    ofFlags([flag({ use: { debt: 'its run was aborted' } })]),
    ofFlags([flag({ expiresAt: ago(1), use: { permanent: true } })]),
  ],
  [
    'R005',
    'everybody for 14 days',
    ofFlags([flag({ use: { changedAt: ago(14), environments: [OFF, { enabled: true, decides: false }] } })]),
    ofFlags([
      flag({ use: { changedAt: ago(13), environments: [{ enabled: true, decides: false }] } }),
      flag({ use: { changedAt: ago(90), environments: [{ enabled: true, decides: true }] } }),
      flag({ use: { changedAt: ago(90) } }),
    ]),
  ],
  [
    'R006',
    'archived',
    ofCode({ flags: [coded({ archived: true })], places: [place({ kind: 'text', asks: {} })] }),
    ofCode({ flags: [coded({ archived: true })] }),
  ],
  [
    'R007',
    'evaluated',
    ofFlags([flag({ use: { references: 0, lastEvaluatedAt: ago(1) } })]),
    ofFlags([
      flag({ use: { references: 0, lastEvaluatedAt: ago(15) } }),
      flag({ use: { references: 1, lastEvaluatedAt: ago(1) } }),
    ]),
  ],
  [
    'R008',
    'holds only',
    ofFlags([flag()], [plan({ criteria: [{ ...GUARDRAIL, onFail: 'hold' }] })]),
    ofFlags([flag()], [plan()]),
  ],
  [
    'R008',
    'no way back',
    ofFlags([flag()], [plan({ rollback: false })]),
    ofFlags([flag()], [plan({ rollback: true })]),
  ],
  ['R009', 'silent', ofFlags([flag()], [plan({ silent: ['errors'] })]), ofFlags([flag()], [plan()])],
  [
    'R010',
    'three in a row',
    ofFlags([flag({ asksFor: ['b'] }), flag({ key: 'b', asksFor: ['c'] }), flag({ key: 'c' })]),
    ofFlags([flag({ asksFor: ['b', 'c'] }), flag({ key: 'b' }), flag({ key: 'c' })]),
  ],
  [
    'R011',
    'a call',
    ofCode({ places: [place({ asks: { type: 'string', fallback: 'x' } })] }),
    ofCode({ places: [place({ asks: { fallback: false } })] }),
  ],
  [
    'R011',
    'a manifest',
    ofCode(entry('string')),
    ofCode({ ...entry('integer'), flags: [coded({ valueType: 'number' })] }),
  ],
  [
    'R012',
    'a rollout',
    ofFlags([flag({ kind: 'permission' })], [plan()]),
    ofFlags([flag({ kind: 'permission' })]),
  ],
]

describe('a rule is broken by', () => {
  it.each(RULES)('%s %s, and by nothing else', (rule, _, breaking, fine) => {
    expect(breaking.map((it) => it.rule)).toEqual([rule])
    expect(fine).toEqual([])
  })

  it('something in this table, each of them', () => {
    expect([...new Set(RULES.map(([rule]) => rule))]).toEqual(LINT_RULE_IDS)
  })
})

it('R010 a circle is an error, and its way is told', () => {
  const circle = ofFlags([flag({ asksFor: ['b'] }), flag({ key: 'b', asksFor: ['a'] })])
  expect(circle).toMatchObject([
    { level: 'error', message: 'a asks for itself: a → b → a.' },
    { level: 'error', message: 'b asks for itself: b → a → b.' },
  ])
})

it('R002 tells both places and layers', () => {
  const places = [
    place({ layer: 'backend' }),
    place({ file: 'y.tsx', layer: 'frontend', asks: { fallback: true } }),
  ]
  expect(ofCode({ flags: [coded({ off: undefined })], places })).toMatchObject([
    {
      message: 'The defaults of a differ: false in x.ts:3 (backend), true in y.tsx:3 (frontend).',
      place: { file: 'y.tsx' },
    },
  ])
})
