/**
 * The evaluation scenarios of the OpenFeature specification, through the real SDK and our provider, on
 * the specification's own flags. Read where they are, never copied.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Condition, Flag, FlagValue, Snapshot, ValueType } from '@flagmarshal/evaluation'
import { createFileFlags } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import type { EvaluationDetails, JsonValue } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const spec = join(
  process.env['FLAGMARSHAL_CONFORMANCE_DIR'] ?? join(import.meta.dirname, '../../../shared'),
  'conformance/openfeature-spec',
)

/** What is not ours to show here, by the title of the scenario. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'Provider not ready error': 'a file is ready at once; provider.test.ts has it',
  'Provider in fatal state error': 'a file is never refused; connection.test.ts has it',
  'Flag metadata in evaluation details': 'flags have no metadata of their own',
  'CACHED reason': 'answers are evaluated, never cached',
  'DISABLED reason': 'a disabled flag serves its off variant, not the default of the caller',
  'Provider status accessibility': 'the SDK’s own',
  'Evaluation options with hooks': 'the SDK’s own',
  'Asynchronous flag evaluation': 'the SDK’s own',
  'Evaluation context immutability': 'the SDK’s own',
}

interface Example {
  readonly title: string
  readonly steps: readonly string[]
}

/** The scenarios of a feature, each once a row of its examples, with the row's values in its steps. */
function examplesOf(text: string): Example[] {
  return text
    .split(/^\s*Scenario(?: Outline)?: /m)
    .slice(1)
    .flatMap((part) => {
      const lines = part.split('\n').map((line) => line.trim())
      const title = lines[0] ?? ''
      const steps = lines
        .filter((line) => /^(Given|When|Then|And) /.test(line))
        .map((line) => line.replace(/^\w+ /, ''))
      const tables = part.split(/^\s*Examples:.*$/m).slice(1)
      if (tables.length === 0) return [{ title, steps }]
      return tables.flatMap((table) => {
        const [head = [], ...rows] = table
          .split('\n')
          .filter((line) => line.trim().startsWith('|'))
          .map(cellsOf)
        return rows.map((row) => ({
          title,
          steps: steps.map((step) =>
            step.replace(/<(\w+)>/g, (_, name: string) => row[head.indexOf(name)] ?? ''),
          ),
        }))
      })
    })
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

interface SpecFlag {
  readonly disabled?: boolean
  readonly variants: Readonly<Record<string, FlagValue>>
  readonly defaultVariant?: string | null
  readonly contextEvaluator?: string
}

function flagOf(key: string, flag: SpecFlag): Flag[] {
  // Without a default variant the caller's default is meant, which is not in this version.
  if (typeof flag.defaultVariant !== 'string') return []
  const [value] = Object.values(flag.variants)
  const [, when, variant = ''] = /^(.*) \? '([\w-]+)' : ''$/.exec(flag.contextEvaluator ?? '') ?? []
  const rules =
    when === undefined
      ? []
      : [{ id: 'r', name: 'targeted', when: { all: when.split(' && ').map(termOf) }, serve: { variant } }]
  return [
    {
      key,
      kind: 'release',
      valueType: typeof value as ValueType,
      variants: flag.variants,
      enabled: flag.disabled !== true,
      offVariant: flag.defaultVariant,
      rules,
      fallthrough: { variant: flag.defaultVariant },
    },
  ]
}

/** `email == 'x'`, `age > 10` or `!customer`, the expressions that these flags have. */
function termOf(term: string): Condition {
  const [, attribute = '', op, value = ''] = /^!?(\w+)(?: (==|>) '?([^']+?)'?)?$/.exec(term) ?? []
  if (op === '==') return { attribute, op: 'equals', values: [value] }
  if (op === '>') return { attribute, op: 'more-than', values: [Number(value)] }
  return { not: { attribute, op: 'equals', values: [true] } }
}

type Asked = (
  context: Record<string, string | number | boolean | null>,
) => Promise<EvaluationDetails<JsonValue>>

function ask(type: string, key: string, text: string): Asked {
  const client = OpenFeature.getClient()
  const fallback = valueOf(type, text)
  return async (context) => {
    if (typeof fallback === 'boolean') return await client.getBooleanDetails(key, fallback, context)
    if (typeof fallback === 'string') return await client.getStringDetails(key, fallback, context)
    if (typeof fallback === 'number') return await client.getNumberDetails(key, fallback, context)
    return await client.getObjectDetails(key, fallback, context)
  }
}

function valueOf(type: string, text: string): JsonValue {
  if (type === 'String') return text
  const value: JsonValue = JSON.parse(text.replaceAll('\\"', '"'))
  return value
}

/** What the scenario expects of the details, and what they are. */
async function play({ steps }: Example): Promise<{ expected: object; observed: object }> {
  const context: Record<string, string | number | boolean | null> = {}
  const given = /^a (\w+)-flag with key "([^"]*)" and a fallback value "(.*)"$/
  const [, type = '', key = '', fallback = ''] =
    steps.map((step) => given.exec(step)).find((it) => it !== null) ?? []
  for (const step of steps) {
    const [, name = '', kind = '', value = ''] =
      /^a context containing a key "(\w+)", with type "(\w+)" and with value "(.*)"$/.exec(step) ?? []
    if (name !== '') context[name] = kind === 'String' ? value : JSON.parse(value)
    const [, absent] = /^a context containing a key "(\w+)" with null value$/.exec(step) ?? []
    if (absent !== undefined) context[absent] = null
  }
  const details = await ask(type, key, fallback)(context)
  const found: Readonly<Record<string, unknown>> = {
    'resolved details value': details.value,
    reason: details.reason,
    'error-code': details.errorCode,
    variant: details.variant,
    'flag key': details.flagKey,
  }
  const expected: Record<string, JsonValue | undefined> = {}
  for (const step of steps) {
    const [, what = '', text = ''] =
      /^the (resolved details value|reason|error-code|variant|flag key) should be "(.*)"$/.exec(step) ?? []
    if (what !== '') expected[what] = what === 'resolved details value' ? valueOf(type, text) : text
  }
  const observed = Object.fromEntries(Object.keys(expected).map((name) => [name, found[name]]))
  return { expected, observed }
}

describe.skipIf(!existsSync(spec))('the evaluation scenarios of the OpenFeature specification', () => {
  const examples = existsSync(spec)
    ? examplesOf(readFileSync(join(spec, 'evaluation_v2.feature'), 'utf8'))
    : []
  const ours = examples.filter(({ title }) => !Object.hasOwn(ELSEWHERE, title))
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flagmarshal-scenarios-'))
    const file = join(folder, 'snapshot.json')
    const flags: Record<string, SpecFlag> = JSON.parse(readFileSync(join(spec, 'test-flags.json'), 'utf8'))
    const snapshot: Snapshot = {
      schema: 1,
      project: 'spec',
      environment: 'spec',
      revision: 1,
      generatedAt: '2026-01-01T00:00:00Z',
      flags: Object.entries(flags).flatMap(([key, flag]) => flagOf(key, flag)),
      segments: [],
      telemetry: { flushIntervalMs: 15_000, pollIntervalMs: 15_000 },
    }
    writeFileSync(file, JSON.stringify(snapshot))
    await OpenFeature.setProviderAndWait(createFileFlags({ file }))
  })
  afterAll(async () => {
    await OpenFeature.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are read, and what is left out is there', () => {
    expect(ours.length).toBeGreaterThan(35)
    for (const title of Object.keys(ELSEWHERE)) expect(examples.map((it) => it.title)).toContain(title)
  })

  it.each(ours.map((it) => [it.title, it.steps[0] ?? '', it] as const))('%s: %s', async (_, __, example) => {
    const { expected, observed } = await play(example)
    expect(Object.keys(expected)).not.toEqual([])
    expect(observed).toEqual(expected)
  })
})
