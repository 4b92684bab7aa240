/**
 * Imported from LaunchDarkly's data, flags evaluate as in its own SDK for Node.js: the same value,
 * variation and reason for at least 500 flags and contexts of each feature of its model. The SDK is asked by
 * its own OpenFeature provider, so that contexts mean the same, too.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { flagOf } from '@flagmarshal/domain/exchange/imported'
import { launchDarklyImport } from '@flagmarshal/domain/exchange/launchdarkly/import'
import { compile, explain } from '@flagmarshal/evaluation'
import type { Evaluation, EvaluationError, Flag } from '@flagmarshal/evaluation'
import { integrations } from '@launchdarkly/node-server-sdk'
import type { LDEvaluationDetail } from '@launchdarkly/node-server-sdk'
import { LaunchDarklyProvider } from '@launchdarkly/openfeature-node-server'
import type { EvaluationContext } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { randomOf } from '../../support/random.ts'
import { choiceOf, contextOf } from './contexts.ts'
import { FEATURES } from './features.ts'
import type { Feature, Item, Json } from './make.ts'

const CASES = 600
const TIMES = 30

interface World {
  readonly name: string
  readonly feature: Feature
  /** As in LaunchDarkly's file. */
  readonly file: {
    readonly flags: Readonly<Record<string, Item>>
    readonly segments: Readonly<Record<string, Item>>
  }
  readonly keys: readonly string[]
}

const worlds = Object.entries(FEATURES).map(([name, feature], index) => worldOf(name, feature, index))
const folder = mkdtempSync(path.join(tmpdir(), 'launchdarkly-'))
let seen: LDEvaluationDetail | undefined
let provider: LaunchDarklyProvider

const witness: integrations.Hook = {
  getMetadata: () => ({ name: 'what was answered' }),
  afterEvaluation(_, noted, detail) {
    seen = detail
    return noted
  },
}

beforeAll(async () => {
  const paths = worlds.map(({ file }, index) => {
    const at = path.join(folder, `${index}.json`)
    writeFileSync(at, JSON.stringify(file))
    return at
  })
  const silent = { error() {}, warn() {}, info() {}, debug() {} }
  provider = new LaunchDarklyProvider('sdk-key', {
    updateProcessor: new integrations.FileDataSourceFactory({ paths }).getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: silent,
    hooks: [witness],
  })
  await provider.initialize()
})
afterAll(async () => {
  await provider.onClose()
  rmSync(folder, { recursive: true })
})

describe('an import from LaunchDarkly evaluates as LaunchDarkly’s own SDK', () => {
  test.each(worlds.map((it) => [it.name, it] as const))('%s', async (_, world) => {
    const {
      flags,
      segments = [],
      report,
    } = launchDarklyImport(world.file, {
      engines: {},
      environment: '*',
      now: new Date(0),
    })
    const whole = flags.map(flagOf)
    const compiled = compile({ flags: whole, segments })
    expect(compiled.problems).toEqual([])
    expect(whole.map(({ key }) => key).toSorted()).toEqual(world.keys.toSorted())
    const told = new Set(report.flatMap(({ severity, message }) => (severity === 'HIGH' ? [message] : [])))
    expect([...told].filter((it) => !it.includes('circle') && !it.includes('leads to itself'))).toEqual([])
    const imported = new Map(whole.map((it) => [it.key, it]))

    const choice = choiceOf(randomOf(world.name.length))
    const differing: unknown[] = []
    const answers = new Map<string, number>()
    let cases = 0
    const rounds = Math.ceil(CASES / world.keys.length)
    for (let round = 0; round < rounds; round++) {
      for (const key of world.keys) {
        const flag = imported.get(key)
        if (flag === undefined) continue
        const context = (world.feature.context ?? contextOf)(choice)
        const theirs = await answered(flag, context)
        const ours = compiled.flag(key)?.decide(context).evaluation
        const explained = explain(compiled, key, context)
        cases++
        const answer = theirs.reason.errorKind ?? `${theirs.reason.kind} ${theirs.variationIndex}`
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
        if (ours === undefined || !agrees(ours, theirs, flag) || !agrees(explained, theirs, flag))
          differing.push({ flag: world.file.flags[key], context, theirs, ours, sentence: explained.sentence })
      }
    }
    expect(differing.slice(0, 3)).toEqual([])
    expect(cases).toBeGreaterThanOrEqual(500)
    // A feature that is always answered the same would show nothing.
    expect(answers.size).toBeGreaterThan(1)
  })
})

test('the REST API’s form of the same flags and segments is imported to the same', () => {
  for (const { file, name } of worlds) {
    const request = { engines: {}, environment: 'production', now: new Date(0) }
    const ofSdk = launchDarklyImport(file, request)
    const items = Object.values(file.flags).map(({ key = null, variations = [], ...config }) => {
      const named = (variations as readonly Json[]).map((value) => ({ value }))
      // Its salt is there, and every environment has one.
      const environments = { production: { salt: '', ...config }, test: { on: false, salt: 'other' } }
      return { key, variations: named, environments }
    })
    const pages = { flags: [{ items }], segments: { items: Object.values(file.segments) } }
    expect(launchDarklyImport(pages, request), name).toEqual(ofSdk)
  }
})

/** What LaunchDarkly's SDK answers, asked by its own provider. */
async function answered({ key, valueType }: Flag, context: EvaluationContext): Promise<LDEvaluationDetail> {
  seen = undefined
  if (valueType === 'boolean') await provider.resolveBooleanEvaluation(key, true, context)
  else if (valueType === 'string') await provider.resolveStringEvaluation(key, 'mine', context)
  else if (valueType === 'number') await provider.resolveNumberEvaluation(key, 99, context)
  else await provider.resolveObjectEvaluation(key, {}, context)
  if (seen === undefined) throw new Error('LaunchDarkly answered nothing')
  return seen
}

const ERRORS: Readonly<Record<string, string>> = {
  MALFORMED_FLAG: 'PARSE_ERROR',
  USER_NOT_SPECIFIED: 'TARGETING_KEY_MISSING',
}

/** The same value, variation and reason. */
function agrees(ours: Evaluation | EvaluationError, theirs: LDEvaluationDetail, flag: Flag): boolean {
  const { reason, variationIndex } = theirs
  if (reason.kind === 'ERROR') return 'errorCode' in ours && ours.errorCode === ERRORS[reason.errorKind ?? '']
  if ('errorCode' in ours) return false
  const index = variationIndex ?? undefined
  const names = Object.keys(flag.variants).filter((it) => it !== 'caller-default')
  if (ours.variant !== (index === undefined ? 'caller-default' : names[index])) return false
  if (
    index === undefined
      ? ours.value !== undefined
      : JSON.stringify(ours.value) !== JSON.stringify(theirs.value)
  )
    return false
  return isReason(ours, reason, flag.rules.find(({ id }) => id === ours.ruleId)?.name)
}

function isReason(ours: Evaluation, reason: LDEvaluationDetail['reason'], rule: string | undefined): boolean {
  const of = (...reasons: readonly Evaluation['reason'][]): boolean => reasons.includes(ours.reason)
  switch (reason.kind) {
    case 'OFF':
      return of('DISABLED')
    case 'FALLTHROUGH':
      return of('STATIC', 'DEFAULT', 'SPLIT') && rule === undefined
    case 'TARGET_MATCH':
      return of('TARGETING_MATCH') && rule?.startsWith('Targets of ') === true
    case 'RULE_MATCH':
      return of('TARGETING_MATCH', 'SPLIT') && rule === `Rule ${(reason.ruleIndex ?? -1) + 1}`
    case 'PREREQUISITE_FAILED':
      return rule === undefined ? of('DEFAULT') : /^Prerequisite .* is not there$/.test(rule)
    default:
      return false
  }
}

/** What is made for a feature, with keys that no other feature has. */
function worldOf(name: string, feature: Feature, index: number): World {
  const choice = choiceOf(randomOf(index + 1))
  const flags: Record<string, Item> = {}
  const segments: Record<string, Item> = {}
  for (let at = 0; at < (feature.times ?? TIMES); at++) {
    const made = feature.make(choice, at)
    const own = (key: Json | undefined): string => `${index}.${at}.${typeof key === 'string' ? key : 'flag'}`
    for (const flag of made.flags) {
      const key = own(flag['key'])
      flags[key] = { ...renamed(flag, own), key }
    }
    for (const segment of made.segments ?? []) {
      const key = own(segment['key'])
      segments[key] = { ...renamed(segment, own), key }
    }
  }
  return { name, feature, file: { flags, segments }, keys: Object.keys(flags) }
}

/** What it refers to, by the keys that no other feature has. */
function renamed(item: Item, own: (key: Json | undefined) => string): Item {
  return JSON.parse(JSON.stringify(item), (name, value: unknown) => {
    if (name === 'prerequisites' && Array.isArray(value))
      return value.map((it: { key: string }) => ({ ...it, key: own(it.key) }))
    const isClause =
      typeof value === 'object' && value !== null && 'op' in value && value.op === 'segmentMatch'
    if (!isClause || !('values' in value) || !Array.isArray(value.values)) return value
    return { ...value, values: value.values.map((it: Json) => own(it)) }
  }) as Item
}
