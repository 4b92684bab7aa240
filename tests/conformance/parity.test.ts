/** `flagmarshal import <file> --parity`, with each vendor's published engine, on files with many kinds of rules. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

import { EXIT } from '@flagmarshal/cli/exit-code'
import { askedBy } from '@flagmarshal/cli/parity/asked'
import { compare } from '@flagmarshal/cli/parity/compare'
import { contextsFor } from '@flagmarshal/cli/parity/contexts'
import { flagd } from '@flagmarshal/cli/parity/flagd'
import { growthbook } from '@flagmarshal/cli/parity/growthbook'
import { engines } from '@flagmarshal/cli/parity/json-logic'
import { launchDarkly } from '@flagmarshal/cli/parity/launchdarkly'
import type { Parity } from '@flagmarshal/cli/parity/parity'
import { unleash } from '@flagmarshal/cli/parity/unleash'
import { growthbookImport } from '@flagmarshal/domain/exchange/growthbook/import'
import { flagOf } from '@flagmarshal/domain/exchange/imported'
import { IMPORTERS } from '@flagmarshal/domain/exchange/importers'
import type { ImportFormat } from '@flagmarshal/domain/exchange/importers'
import { compile } from '@flagmarshal/evaluation'
import type { Condition, Flag, JsonObject } from '@flagmarshal/evaluation'
import { afterAll, describe, expect, it } from 'vitest'

import { flagmarshal } from '../../packages/cli/test/support/program.ts'
import { FLAGD, GROWTHBOOK, LAUNCHDARKLY, UNLEASH } from '../support/vendor-files.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-parity-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(content: unknown): string {
  const at = path.join(folder, 'file.json')
  writeFileSync(at, JSON.stringify(content))
  return at
}

/** No server is named: none is asked. */
async function compared(format: string, file: unknown, ...more: string[]) {
  return await flagmarshal(['import', fileOf(file), '--format', format, '--parity', ...more], {})
}

async function parityOf(format: string, file: JsonObject, contexts: number): Promise<Parity> {
  const { out, err } = await compared(format, file, '--contexts', String(contexts), '--json')
  expect(out, err).not.toBe('')
  return JSON.parse(out).result
}

const VENDORS: readonly (readonly [ImportFormat, JsonObject, number])[] = [
  ['flagd', FLAGD, 10],
  ['growthbook', GROWTHBOOK, 11],
  ['launchdarkly', LAUNCHDARKLY, 17],
  ['unleash', UNLEASH, 40],
]

/** GrowthBook orders every text as a version, and the import says so (MEDIUM). */
const EVERY_TEXT: JsonObject = { condition: { version: { $vgt: '1.2.0', $ne: 'x' } }, force: true }

describe.each(VENDORS)('parity with %s', (format, file, flags) => {
  it('is found for every flag and 500 contexts each', async () => {
    const parity = await parityOf(format, file, 500)
    expect(parity.flags.flatMap((one) => one.first ?? []).slice(0, 2)).toEqual([])
    expect(parity.flags).toHaveLength(flags)
    expect(parity.version).toBe(parity.tested)
    const all = parity.flags.filter((one) => one.notCompared === undefined)
    expect(all.length).toBeGreaterThan(flags / 3)
    expect(all.every((one) => one.contexts === 500 && one.equal === 500)).toBe(true)
  })
})

describe('a comparison', () => {
  it('of a flag has contexts on both sides of each of its rules', async () => {
    const adapters = [flagd, growthbook, launchDarkly, unleash]
    for (const [at, [format, file]] of VENDORS.entries()) {
      const adapter = adapters[at]
      if (adapter === undefined) throw new RangeError(format)
      const imported = IMPORTERS[format](file, { engines, environment: '*', now: new Date(0) })
      const served = { flags: imported.flags.map(flagOf), segments: imported.segments ?? [] }
      const compiled = compile(served, engines)
      // Features that nobody chose are often off, or for nobody.
      const few = format === 'unleash' ? 25 : 2
      const always: string[] = []
      for (const flag of served.flags) {
        const answers = contextsFor(askedBy(flag, served), 500, adapter).map(
          (context) => compiled.flag(flag.key)?.decide(context).evaluation,
        )
        if (new Set(answers.map((it) => JSON.stringify(it))).size === 1) always.push(flag.key)
      }
      expect(always.length, `${format}: ${always.join(', ')}`).toBeLessThanOrEqual(few)
    }
  })

  it('finds a translation that says something else, and shows the first context with both answers', async () => {
    const { flags } = growthbookImport(GROWTHBOOK, { engines, environment: '*', now: new Date(0) })
    const served = { flags: flags.map(flagOf), segments: [] }
    const wrong = served.flags.map((it): Flag => {
      const [rule] = it.rules
      if (it.key !== 'grown' || rule === undefined) return it
      const when: Condition = { attribute: 'age', op: 'more-than', values: [18] }
      return { ...it, rules: [{ ...rule, when }] }
    })
    const load = createRequire(import.meta.url)
    const pair = await growthbook.open({
      load,
      definition: GROWTHBOOK,
      served: { ...served, flags: wrong },
      engines,
    })
    const named = served.flags.map((flag) => ({ flag, name: flag.key }))
    const seen: number[] = []
    const at = (count: number): void => void seen.push(count)
    const found = await compare(pair, { adapter: growthbook, served, flags: named, count: 400, at })
    expect(found.filter((it) => it.different > 0).map((it) => it.flag)).toEqual(['grown'])
    const grown = found.find((it) => it.flag === 'grown')
    expect(grown?.different).toBeLessThan(400)
    expect(grown?.first?.theirs).not.toEqual(grown?.first?.ours)
    expect(seen).toEqual(served.flags.map((_, index) => index + 1))
  })

  it('ends with 10 where a flag differs, with a line for each flag, and the same in every run', async () => {
    const differing = { features: { newer: { defaultValue: false, rules: [EVERY_TEXT] } } }
    const first = await compared('growthbook', differing)
    expect(first.code).toBe(EXIT.drift)
    expect(first.out).toMatch(
      /^FLAG +CONTEXTS +EQUAL +DIFFERENT +FIRST DIFFERENCE\nnewer +1000 +\d+ +[1-9]\d* +\{.*by @growthbook\/growthbook, \{.*\} here/,
    )
    expect(first.err).toContain('MEDIUM  flag newer: It compares')
    expect(await compared('growthbook', differing)).toEqual(first)
  })

  it('says what Unleash decides by lot, and compares the rest', async () => {
    const strategies = (name: string) => [{ name, parameters: { percentage: '50', groupId: 'g' } }]
    const features = [
      { name: 'Lot', enabled: true, strategies: strategies('gradualRolloutRandom') },
      { name: 'Kept', enabled: true, strategies: strategies('gradualRolloutUserId') },
    ]
    const parity = await parityOf('unleash', { version: 2, features }, 50)
    expect(parity.flags).toMatchObject([
      { flag: 'Lot', contexts: 0, notCompared: 'Unleash draws a lot for each evaluation of it' },
      { flag: 'Kept', contexts: 50, equal: 50 },
    ])
  })
})

describe('there is no comparison', () => {
  it('without the vendor’s package: the command names how it is installed', async () => {
    const file = fileOf(GROWTHBOOK)
    const back = process.cwd()
    process.chdir(folder)
    try {
      const { code, err } = await flagmarshal(['import', file, '--format', 'growthbook', '--parity'], {})
      expect(code).toBe(EXIT.usage)
      expect(err).toContain('@growthbook/growthbook is not installed in ')
      expect(err).toContain('npm install --no-save @growthbook/growthbook@1.8.0')
    } finally {
      process.chdir(back)
    }
  })

  it('with GO Feature Flag, which publishes no engine on npm', async () => {
    const { code, err } = await compared('goff', {
      f: { variations: { A: true }, defaultRule: { variation: 'A' } },
    })
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('GO Feature Flag has no engine on npm')
  })

  it.each([
    ['launchdarkly', { flags: { items: [] } }, 'what SDKs of LaunchDarkly download'],
    ['growthbook', { features: [] }, 'what SDKs of GrowthBook download'],
    ['unleash', { features: [{ name: 'f', environments: [] }] }, 'what SDKs of Unleash download'],
    ['flagd', {}, 'The file has no flags'],
    ['else', {}, 'There is no format else'],
  ])('with a file that the engine of %s does not take', async (format, file, says) => {
    const { code, err } = await compared(format, file)
    expect(code).toBe(EXIT.usage)
    expect(err).toContain(says)
  })

  it('and an import without --parity still says where to and for whom', async () => {
    const { code, err } = await flagmarshal(['import', fileOf(FLAGD), '-e', 'development'], {})
    expect(code).toBe(EXIT.usage)
    expect(err).toContain('--owner')
  })
})

it('the versions that it names as tested are those of this repository', () => {
  const { devDependencies } = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'),
  )
  for (const one of [flagd, growthbook, launchDarkly, unleash])
    expect(devDependencies[one.package], one.package).toBe(one.tested)
})
