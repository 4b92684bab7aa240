/**
 * `node benchmarks/vectors.ts`: what the vendors' own packages make of keys, written beside the engine as
 * `vendor-vectors.json`. Each row is scheme, salt, key, and n/N: the key lies in the vendor's bucket n of N.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { ensurePeers, versionOf } from './install.ts'

interface Pair {
  readonly salt: string
  readonly key: string
}

ensurePeers()
const { FlagdCore } = await import('@openfeature/flagd-core')
const { init } = await import('@launchdarkly/node-server-sdk')
const { TestData } = await import('@launchdarkly/node-server-sdk/integrations')
const require = createRequire(import.meta.url)
const modules = join(import.meta.dirname, 'node_modules')
// Their functions are not part of what the packages export, so they are read by file.
const unleash = require(join(modules, 'unleash-client/lib/strategy/util.js'))
const growthbook = require(join(modules, '@growthbook/growthbook/dist/cjs/util.js'))
const flagsmith = require(join(modules, 'flagsmith-nodejs/build/cjs/flagsmith-engine/utils/hashing/index.js'))

const KEYS = ['1', 'a', 'user-42', 'ada@example.com', '00000000-0000-4000-8000-000000000000', 'x'.repeat(70)]
const SALTS = ['checkout', 'group-7.salt', '5']

const vectors: string[] = []
for (const salt of SALTS) {
  for (const key of KEYS) {
    add('unleash', { salt, key }, unleash.normalizedStrategyValue(key, salt) - 1, 100)
    add('unleash-variant', { salt, key }, unleash.normalizedVariantValue(key, salt, 1_000) - 1, 1_000)
    add('growthbook-1', { salt, key }, Math.round(growthbook.hash(salt, key, 1) * 1_000), 1_000)
    add('growthbook-2', { salt, key }, Math.round(growthbook.hash(salt, key, 2) * 10_000), 10_000)
    const percent: number = flagsmith.getHashedPercentageForObjIds([...salt.split('.'), key].slice(-2))
    add('flagsmith', { salt: salt.split('.').at(-1) ?? '', key }, Math.floor(percent * 1_000), 100_000)
    add('flagd', { salt, key }, flagdBucket(salt, key), 1_000)
  }
}
await addLaunchDarkly()

const versions = Object.fromEntries(
  [
    'unleash-client',
    '@growthbook/growthbook',
    '@launchdarkly/node-server-sdk',
    'flagsmith-nodejs',
    '@openfeature/flagd-core',
  ].map((name) => [name, versionOf(name)]),
)
writeFileSync(
  join(import.meta.dirname, '../packages/evaluation/src/vendor-vectors.json'),
  `${JSON.stringify({ madeBy: 'node benchmarks/vectors.ts', versions, vectors }, null, 2)}\n`,
)
console.log(`${vectors.length} vectors written`)

/** The key lies in this bucket, counted from 0, of so many. */
function add(scheme: string, { salt, key }: Pair, n: number, of: number): void {
  vectors.push(`${scheme} ${salt} ${key} ${n}/${of}`)
}

/** A thousand variants of one part each: the variant is the bucket. */
function flagdBucket(salt: string, key: string): number {
  const buckets = Array.from({ length: 1_000 }, (_, i) => [`v${i}`, 1])
  const variants = Object.fromEntries(buckets.map(([name], i) => [name, i]))
  const flag = { state: 'ENABLED', variants, defaultVariant: 'v0', targeting: { fractional: buckets } }
  const core = new FlagdCore()
  core.setConfigurations(JSON.stringify({ flags: { [salt]: flag } }))
  return core.resolveNumberEvaluation(salt, -1, { targetingKey: key }, console).value
}

/** A variation for each of 10,000 buckets: the variation is the bucket. */
async function addLaunchDarkly(): Promise<void> {
  const data = new TestData()
  const variations = Array.from({ length: 10_000 }, (_, i) => i)
  for (const [index, salt] of SALTS.entries()) {
    const rollout = {
      kind: 'rollout',
      contextKind: 'user',
      ...(index === 2 ? { seed: Number(salt) } : {}),
      variations: variations.map((variation) => ({ variation, weight: 10 })),
    }
    await data.usePreconfiguredFlag({
      key: `flag-${index}`,
      version: 1,
      on: true,
      salt,
      variations,
      fallthrough: { rollout },
      offVariation: 0,
    })
  }
  const client = init('sdk-key', { updateProcessor: data.getFactory(), sendEvents: false })
  await client.waitForInitialization({ timeout: 10 })
  for (const [index, salt] of SALTS.entries()) {
    for (const key of KEYS) {
      const n: number = await client.variation(`flag-${index}`, { kind: 'user', key }, -1)
      add('launchdarkly', { salt: index === 2 ? salt : `flag-${index}.${salt}`, key }, n, 10_000)
    }
  }
  client.close()
}
