/** Imported features are what Unleash's own SDK says they are, for files and contexts that nobody chose. */
import { unleashAnswer } from '@flagmarshal/domain/exchange/unleash/answer'
import { contextOf, textual } from '@flagmarshal/domain/exchange/unleash/context'
import { unleashFeatures } from '@flagmarshal/domain/exchange/unleash/features'
import { compile } from '@flagmarshal/evaluation'
import type { JsonObject } from '@flagmarshal/evaluation'
import { expect, it } from 'vitest'

import { choices, randomFlags, randomUnleash, randomUnleashContext } from '../support/random-unleash.ts'
import { importedUnleash, unleashEngine } from '../support/unleash.ts'

const FILES = 60
const FEATURES = 20
const CONTEXTS = 20

it('an imported feature is enabled, and has the variant, that unleash-client gives it', () => {
  const random = choices(20261126)
  let cases = 0
  let enabled = 0
  const different: unknown[] = []
  for (let n = 0; n < FILES; n++) {
    const state = randomUnleash(random, FEATURES)
    const theirs = unleashEngine(state)
    const ours = importedUnleash(state)
    expect(ours.problems).toEqual([])
    for (let i = 0; i < FEATURES; i++)
      for (let j = 0; j < CONTEXTS; j++) {
        const name = `Feature.${i}`
        const context = randomUnleashContext(random)
        const expected = theirs(name, context)
        const found = ours.flagOf(name)
        const answer =
          found && unleashAnswer(found.flag, found.compiled.decide(contextOf(context)).evaluation)
        cases++
        if (expected.enabled) enabled++
        const same =
          answer?.enabled === expected.enabled &&
          answer.variant.name === expected.variant.name &&
          answer.variant.feature_enabled === expected.variant.feature_enabled &&
          (expected.variant.payload === undefined ||
            answer.variant.payload?.value === expected.variant.payload.value)
        if (!same) different.push({ state: JSON.stringify(state), name, context, expected, answer })
      }
  }
  console.info(`${cases} features and contexts, ${enabled} enabled, ${different.length} different`)
  expect(different.slice(0, 1)).toEqual([])
  expect(enabled).toBeGreaterThan(cases / 5)
})

it('what an SDK of Unleash is sent, it evaluates as we do; what it could not is left out by name', () => {
  const random = choices(8_8)
  let cases = 0
  let enabled = 0
  const reasons = new Map<string, number>()
  const different: unknown[] = []
  for (let n = 0; n < 120; n++) {
    const given = randomFlags(random, FEATURES)
    const { features, leftOut } = unleashFeatures(given)
    expect(features.length + leftOut.length).toBe(FEATURES)
    for (const { why } of leftOut) {
      const kind = why.replaceAll(/flag-\d+/g, 'another')
      reasons.set(kind, (reasons.get(kind) ?? 0) + 1)
    }
    const theirs = unleashEngine(JSON.parse(JSON.stringify({ features })) as JsonObject)
    const compiled = compile(textual(given))
    for (const { name } of features)
      for (let j = 0; j < CONTEXTS; j++) {
        const context = randomUnleashContext(random)
        const flag = given.flags.find((it) => it.key === name)
        const evaluation = compiled.flag(name)?.decide(contextOf(context)).evaluation
        if (flag === undefined || evaluation === undefined) throw new Error(`${name} is not there`)
        const ours = unleashAnswer(flag, evaluation)
        const { enabled: on, variant } = theirs(name, context)
        cases++
        if (on) enabled++
        const rest = { ...variant, featureEnabled: undefined }
        if (on !== ours.enabled || JSON.stringify(sorted(rest)) !== JSON.stringify(sorted(ours.variant)))
          different.push({
            context,
            flag: JSON.stringify(flag),
            feature: JSON.stringify(features.find((it) => it.name === name)),
            ours,
            theirs: variant,
          })
      }
  }
  console.info(
    `${cases} flags and contexts, ${enabled} enabled, ${different.length} different; left out:`,
    reasons,
  )
  expect(different.slice(0, 1)).toEqual([])
  expect(cases).toBeGreaterThan(20_000)
})

it('features that were imported are sent back as they were: both are the same to unleash-client', () => {
  const random = choices(2_024)
  let cases = 0
  let left = 0
  for (let n = 0; n < 30; n++) {
    const state = randomUnleash(random, FEATURES)
    const { flags, segments } = importedUnleash(state)
    const { features, leftOut } = unleashFeatures({ flags, segments })
    left += leftOut.length
    const [before, after] = [state, JSON.parse(JSON.stringify({ features })) as JsonObject].map(unleashEngine)
    for (const { name } of features)
      for (let j = 0; j < CONTEXTS; j++) {
        const context = randomUnleashContext(random)
        const [a, b] = [before?.(name, context), after?.(name, context)]
        cases++
        expect({ enabled: b?.enabled, variant: b?.variant.name }, name).toEqual({
          enabled: a?.enabled,
          variant: a?.variant.name,
        })
      }
  }
  console.info(`${cases} features and contexts there and back, ${left} of ${30 * FEATURES} features left out`)
  expect(left).toBeLessThan(30 * FEATURES * 0.2)
})

function sorted(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, it]) => it !== undefined)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  )
}
