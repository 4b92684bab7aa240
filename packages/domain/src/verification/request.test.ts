import { compile, evaluate } from '@flagmarshal/evaluation'
import type { Flag, VerificationAnswers, VerificationRequest } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { CONTEXTS, differences, verificationRequest } from './request.ts'

const flag: Flag = {
  key: 'new-checkout',
  kind: 'release',
  valueType: 'boolean',
  variants: { on: true, off: false },
  enabled: false,
  offVariant: 'off',
  rules: [
    {
      id: 'germany',
      name: 'germany',
      when: { attribute: 'country', op: 'equals', values: ['DE'] },
      serve: { variant: 'on' },
    },
  ],
  fallthrough: { variant: 'off' },
}
const request = verificationRequest({ id: 'ask_1', flag, segments: [], contexts: [{ country: 'DE' }] })

describe('what SDKs are asked', () => {
  it('P-S2-4 is the flag disabled, enabled and exposed, for the targeting cases and then synthetic keys', () => {
    expect(request.drafts.map((it) => it.name)).toEqual([
      'disabled',
      'enabled',
      'exposed to 25 %',
      'exposed to 50 %',
    ])
    expect(request.contexts).toHaveLength(CONTEXTS)
    expect(request.contexts[0]).toEqual({ country: 'DE' })
  })

  it('P-S2-4 agrees with an SDK that uses the engine, and raising takes nobody out', () => {
    const given = answer(request)
    expect(differences(request, given)).toEqual([])
    const [, , quarter = [], half = []] = given.answers.map((it) => it.variants)
    const on = (variants: readonly (string | null)[]) => variants.flatMap((it, i) => (it === 'on' ? [i] : []))
    expect(on(half)).toEqual(expect.arrayContaining(on(quarter)))
    expect(on(half).length).toBeGreaterThan(on(quarter).length)
  })

  it('P-S2-4 names the draft in which an SDK answers something else, and one that it left out', () => {
    const given = answer(request)
    const [disabled, enabled] = given.answers
    if (disabled === undefined || enabled === undefined) throw new Error('there are answers')
    const wrong = { ...enabled, variants: enabled.variants.map(() => 'off') }
    expect(differences(request, { ...given, answers: [disabled, wrong] })).toEqual([
      'one, draft enabled: 1 of 500 contexts get another variant',
      'one did not answer the draft exposed to 25 %',
      'one did not answer the draft exposed to 50 %',
    ])
  })
})

/** As the SDK answers. */
function answer({ drafts, contexts }: VerificationRequest): VerificationAnswers {
  const answers = drafts.map(({ name, flag: draft }) => {
    const compiled = compile({ flags: [draft], segments: [] })
    const variants = contexts.map((context) => {
      const it = evaluate(compiled, draft.key, draft.valueType, context)
      return 'variant' in it ? it.variant : null
    })
    return { draft: name, variants }
  })
  return { instanceId: 'one', answers }
}
