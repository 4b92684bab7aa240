/** The client specification of Unleash, through the import and our evaluation. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { unleashAnswer } from '@flagmarshal/domain/exchange/unleash/answer'
import type { ServedVariant } from '@flagmarshal/domain/exchange/unleash/answer'
import { contextOf } from '@flagmarshal/domain/exchange/unleash/context'
import type { UnleashContext } from '@flagmarshal/domain/exchange/unleash/context'
import type { JsonObject } from '@flagmarshal/evaluation'
import index from '@unleash/client-specification/specifications/index.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

import { importedUnleash } from '../support/unleash.ts'

interface Suite {
  readonly name: string
  readonly state: JsonObject
  readonly tests?: readonly Case<boolean>[]
  readonly variantTests?: readonly Case<ServedVariant>[]
}

interface Case<Expected> {
  readonly description: string
  readonly context: UnleashContext
  readonly toggleName: string
  readonly expectedResult: Expected
}

const folder = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@unleash/client-specification/package.json')),
  'specifications',
)
const suites = index.map((file): Suite => JSON.parse(readFileSync(path.join(folder, file), 'utf8')))

let cases = 0

describe.each(suites)('$name', ({ state, tests = [], variantTests = [] }) => {
  const imported = importedUnleash(state)

  function answer({ toggleName, context }: Case<unknown>) {
    cases++
    const found = imported.flagOf(toggleName)
    if (found === undefined)
      return { enabled: false, variant: { name: 'disabled', enabled: false, feature_enabled: false } }
    return unleashAnswer(found.flag, found.compiled.decide(contextOf(context)).evaluation)
  }

  it.each(tests.map((it) => [it.description, it] as const))('%s', (_, one) => {
    expect(answer(one).enabled).toBe(one.expectedResult)
  })

  it.each(variantTests.map((it) => [it.description, it] as const))('%s', (_, one) => {
    // A variant without a payload is worth its name here, and so has one.
    const { variant } = answer(one)
    const { payload, ...rest } = variant
    expect(one.expectedResult.payload === undefined ? rest : variant).toEqual(one.expectedResult)
    expect(payload?.value).toBe(one.expectedResult.payload?.value ?? payload?.value)
  })
})

it('that was all of it', () => {
  console.info(`${cases} cases of Unleash's client specification`)
  expect(cases).toBeGreaterThanOrEqual(279)
})
