import { expect, it } from 'vitest'

import { wordOfChallenge } from './browser-code.ts'

it('is eight letters and digits of the challenge, whatever else stands in it', () => {
  expect(wordOfChallenge('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')).toBe('E9ME-LHOA')
  expect(wordOfChallenge('-_-a_b-c1d2e3f')).toBe('ABC1-D2E3')
})
