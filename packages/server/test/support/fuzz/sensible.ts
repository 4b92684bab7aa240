/**
 * Bodies that make sense, for operations whose schema says too little about what does: a value drawn
 * from the schema alone is refused there before it gets anywhere.
 */
import * as fc from 'fast-check'

import { newFlag } from '../flags.ts'
import { INPUTS, OUTPUTS } from '../procedure.ts'
import type { Names } from './values.ts'

/** Bodies of an operation that make sense in a place; undefined where the schema says enough. */
export function sensibleBody(
  id: string,
  fixed: Readonly<Record<string, string>>,
  names: Names,
): fc.Arbitrary<unknown> | undefined {
  const first = (name: string) => names[name]?.[0] ?? 'missing'
  switch (id) {
    case 'createFlag':
      return fc.nat({ max: 999 }).map((n) => newFlag(`made-${n}`))
    case 'changeFlag':
      return fc.constantFrom<unknown>(...CHANGES)
    case 'configureFlag':
      return fc.constantFrom<unknown>(...CONFIGS)
    case 'createDraft':
      return fc.constantFrom<unknown>(...CONFIGS).map((config) => ({
        kind: 'flag',
        flag: 'greeting',
        environment: 'production',
        why: 'so',
        config,
      }))
    case 'decideDraft':
      return fc
        .constantFrom('approved', 'changes_requested')
        .map((verdict) => ({ verdict, hash: first('draftHash'), comment: 'so' }))
    case 'changeDraft':
      return fc.constantFrom<unknown>(...CONFIGS).map((config) => ({ kind: 'flag', config }))
    case 'sendTelemetry':
      return fc.nat({ max: 999 }).map((seq) => ({ ...TELEMETRY, seq }))
    case 'provideInput':
      return fc.constant(INPUTS[fixed['input'] ?? ''])
    case 'writeStep':
      return fc.constant({ output: OUTPUTS[Number(fixed['step']) - 1] })
    case 'decideStep':
      return fc.constantFrom<unknown>(...DECISIONS)
    case 'giveEvidence':
      return fc
        .constantFrom(...(names['check'] ?? ['P-S1-1']))
        .map((check) => ({ check, statement: 'looked at', reference: 'https://shop.example/word' }))
    case 'approveRun':
      return fc
        .constantFrom('technical-lead', 'operations-lead', 'product-owner')
        .map((role) => ({ role, bundleHash: first('bundleHash') }))
    case 'startRun':
      return fc.constant({ triggers: [{ kind: 'feature_ready', state: 'ready', source: 'a test' }] })
    default:
      return undefined
  }
}

const CHANGES = [
  { name: 'Another name' },
  { variants: { on: true, off: false, maybe: true } },
  { variants: { on: true, off: false } },
  { description: null, owner: 'team-b', links: [{ name: 'a', url: 'https://shop.example/' }] },
  { permanentReason: 'It stays.' },
  { lifetimeDays: 7, layers: ['backend', 'frontend'] },
]

const everybody = { all: [] }
const numbers = { attribute: 'age', op: 'at-least', values: [18] }
const ranges = [
  { from: 0, to: 1, variant: 'on' },
  { from: 1, to: 100_000, variant: 'off' },
]
const CONFIGS = [
  { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } },
  { enabled: false, offVariant: 'on', rules: [], fallthrough: { allocation: { ranges } } },
  {
    enabled: true,
    offVariant: 'off',
    rules: [
      { id: 'a', name: 'all', when: everybody, serve: { allocation: { by: 'country', ranges } } },
      {
        id: 'b',
        name: '',
        when: { not: { any: [numbers, { segment: 'staff' }] } },
        serve: { variant: 'on' },
      },
    ],
    fallthrough: { variant: 'off' },
  },
]

const TELEMETRY = {
  instanceId: 'edge-1',
  seq: 0,
  fromMs: 0,
  toMs: 1_000,
  counts: [
    { flag: 'greeting', variant: 'on', arm: 'outside', n: 10, bad: 1, slow: 2, keys: ['0123456789abcdef'] },
    {
      flag: 'new-checkout',
      variant: 'off',
      arm: 'control',
      audience: 'everybody',
      rollout: { id: 'rollout_a', attempt: 1 },
      n: 10,
      bad: 0,
      slow: 0,
      keys: ['ffffffffffffffff', '0000000000000000'],
    },
  ],
  errors: [{ flag: 'greeting', code: 'FLAG_NOT_FOUND', n: 1 }],
  codeDefaults: [{ flag: 'greeting', n: 1 }],
}

const DECISIONS = [
  { decision: 'go', rationale: 'as it should be' },
  { decision: 'no-go', rationale: 'as it should not be' },
  { decision: 'go', rationale: 'all the same', overrides: [{ check: 'P-S3-10', reason: 'known' }] },
]
