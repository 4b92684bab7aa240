import { describe, expect, it } from 'vitest'

import { checkHandover } from './check-hooks.ts'
import type { RollbackSurroundings } from './facts.ts'

const ids = ['assess', 'disable', 'code', 'data', 'health', 'report']
const steps = ids.map((id) => ({ id, checks: [`see-${id}`] }))
const foreign = { id: 'sre-rollback', version: 4, steps }
const byHand = { steps: ['deploy it'], targetVersion: '1.4.2', verify: 'look', watchMinutes: 30 }

function handed(
  handover: RollbackSurroundings['handover'],
  definition?: { readonly id: string; readonly version: number },
) {
  return checkHandover({
    outputs: {
      strategy: {},
      flags: {},
      plan: {},
      monitoring: {},
      rollback: {
        codeRollback: byHand,
        handover: { procedure: 'SRE rollback', ...(definition && { definition }) },
      },
    },
    rollback: { hooks: [], people: [], sources: [], ...(handover && { handover }) },
  })
}

describe('the procedure that takes over', () => {
  it('P-S5-10 compares the uploaded procedure of another system, step by step', () => {
    expect(handed(foreign)).toMatchObject({ state: 'pass', facts: { procedure: 'sre-rollback@4' } })
    expect(handed(foreign, { id: 'sre-rollback', version: 4 }).state).toBe('pass')
    expect(handed({ ...foreign, steps: steps.slice(2) }).findings).toEqual(['it has no step disable'])
    expect(handed({ ...foreign, steps: steps.toReversed() }).findings.join()).toContain(
      'before the flag is off',
    )
    const blind = steps.map((it) => (it.id === 'code' ? { ...it, checks: [] } : it))
    expect(handed({ ...foreign, steps: blind }).findings).toEqual(['its step code looks at nothing'])
  })

  it('P-S5-10 fails for another procedure than the one that is named, and for one that cannot be read', () => {
    expect(handed(foreign, { id: 'sre-rollback', version: 5 }).findings).toEqual([
      'the upload is sre-rollback in version 4; named is sre-rollback in version 5',
    ])
    expect(handed(undefined, { id: 'sre-rollback', version: 4 }).state).toBe('fail')
    expect(handed({ unreadable: 'it is no JSON' }).findings.join()).toContain('cannot be read: it is no JSON')
    expect(handed(undefined).state).toBe('unknown')
  })
})
