/** Where code asks the flag, and whether what existed before still works. */
import { describe, expect, it } from 'vitest'

import { referenceFindings } from '../../reference/code-references.ts'
import type { CodeReferences } from '../../reference/code-references.ts'
import { checkExistingTests } from './check-code.ts'
import type { FlagRolloutFacts } from './facts.ts'

const repository = 'https://git.example/shop'
const of = (flag: string, refs: CodeReferences['refs'], at = repository): CodeReferences => ({
  flag,
  repository: at,
  commit: '4f1c2d9',
  refs,
})
const backend = { file: 'order.ts', line: 12, layer: 'backend' } as const
const frontend = { file: 'cart.tsx', line: 7, layer: 'frontend' } as const

describe('P-S2-2 code references', () => {
  const flags = ['new-checkout', 'other']

  it('P-S2-2 code references pass where each layer asks the flag, in whichever repository', () => {
    const all = [of('new-checkout', [backend]), of('new-checkout', [frontend], 'https://git.example/web')]
    expect(referenceFindings('new-checkout', ['backend', 'frontend'], { all, flags })).toEqual([])
  })

  it('fail where a layer does not ask it', () => {
    const all = [of('new-checkout', [backend]), of('other', [frontend])]
    expect(referenceFindings('new-checkout', ['backend', 'frontend'], { all, flags })).toEqual([
      'no code of the layer frontend refers to new-checkout',
    ])
  })

  it('fail where the same repository asks a flag that does not exist, and no other repository does', () => {
    const all = [
      of('new-checkout', [backend]),
      of('new-chekout', [frontend]),
      of('gone', []),
      of('elsewhere', [backend], 'https://git.example/web'),
    ]
    expect(referenceFindings('new-checkout', ['backend'], { all, flags })).toEqual([
      `${repository} refers to the flag new-chekout, which does not exist, cart.tsx:7`,
    ])
  })
})

describe('P-S2-6 what existed before', () => {
  const totals = (failed: number) =>
    ({ format: 'ctrf', total: 4, passed: 4 - failed, failed, skipped: 0, failing: [] }) as const
  const check = (
    existingTests: { off: string; on: string } | undefined,
    tests: FlagRolloutFacts['tests'],
  ) => {
    const outputs = { flags: existingTests === undefined ? {} : { existingTests } }
    // The check looks at nothing else.
    return checkExistingTests({ outputs, tests } as unknown as FlagRolloutFacts)
  }

  it('P-S2-6 what existed before is unknown without results', () => {
    expect(check(undefined, {}).state).toBe('unknown')
  })

  it('passes with two green results and keeps their totals', () => {
    expect(check({ off: 'a', on: 'b' }, { a: totals(0), b: totals(0) })).toMatchObject({
      state: 'pass',
      facts: { off: { total: 4, failed: 0 }, on: { total: 4 } },
    })
  })

  it('fails for a red one, one that is no result, and the same file twice', () => {
    expect(check({ off: 'a', on: 'b' }, { a: totals(0), b: totals(1) }).findings).toEqual([
      'on: 1 of 4 tests failed',
    ])
    expect(check({ off: 'a', on: 'b' }, { a: totals(0) }).findings).toEqual([
      'on: b is no upload with test results',
    ])
    expect(check({ off: 'a', on: 'a' }, { a: totals(0) }).state).toBe('fail')
  })
})
