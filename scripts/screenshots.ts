/**
 * `npm run screenshots`: the pictures of the console in `docs/images`, as README.md shows them. On the
 * stage of the demo (the real server, a shop with shoppers in it) one feature is rolled out to
 * everybody and one is rolled back by the system; a third waits at step 4, a fourth for its inputs.
 *
 * Afterwards somebody looks at each. `--format png` and `--to <folder>` make others, elsewhere.
 */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { must } from '../examples/shop/src/demo/failure.ts'
import { FAST_SEARCH, NEW_CHECKOUT } from '../examples/shop/src/demo/features.ts'
import type { Feature } from '../examples/shop/src/demo/features.ts'
import { printTo } from '../examples/shop/src/demo/output.ts'
import { register, walkThrough, walkTo } from '../examples/shop/src/demo/procedure.ts'
import { startRollout, watchRollout } from '../examples/shop/src/demo/rollout.ts'
import type { Rollout } from '../examples/shop/src/demo/rollout.ts'
import { createFlag, PROJECT } from '../examples/shop/src/demo/set-up.ts'
import { setTheStage } from '../examples/shop/src/demo/stage.ts'
import type { Stage } from '../examples/shop/src/demo/stage.ts'
import { openCamera } from './screenshots/camera.ts'
import type { Camera } from './screenshots/camera.ts'

const { values: options } = parseArgs({
  options: {
    format: { type: 'string', default: 'webp' },
    to: { type: 'string', default: join(import.meta.dirname, '..', 'docs', 'images') },
  },
})

/** What all pictures together may take. */
const MOST_BYTES = 2_000_000
/** A second: half of the demo's, so that pictures can be taken beside it. */
const VISITS = 70
const LIMIT_MS = 300_000

const GIFT_CARDS: Feature = {
  ...FAST_SEARCH,
  key: 'gift-cards',
  name: 'Gift cards',
  acceptance: ['A card pays for an order.', 'A card is worth nothing twice.'],
  userImpact: 'Customers pay with a card that somebody gave them.',
}
const LOYALTY: Feature = {
  ...FAST_SEARCH,
  key: 'loyalty-points',
  name: 'Loyalty points',
  acceptance: ['Ten orders make one free delivery.'],
  userImpact: 'Customers who come back are thanked.',
}

await mkdir(options.to, { recursive: true })
const output = printTo(process.stdout)
const { promise: broken, reject } = Promise.withResolvers<never>()
broken.catch(() => undefined)
const running = new AsyncDisposableStack()
try {
  await Promise.race([broken, takeAll()])
} finally {
  await running.disposeAsync()
}

async function takeAll(): Promise<void> {
  const stage = await setTheStage({ output, running, visits: VISITS }, reject)
  const person = stage.cast.operationsLead.id
  const place = { admin: stage.administrator, address: stage.server.url }
  const camera = await openCamera({ ...place, person, folder: options.to, format: options.format })
  running.defer(() => camera.close())
  await fillTheInventory(stage)
  await goodFeature(stage, camera)
  await badFeature(stage, camera)
  await lookAround(camera)
  await sum()
}

/** Features on their way, a segment, and a flag with rules. */
async function fillTheInventory({ cast }: Stage): Promise<void> {
  for (const feature of [GIFT_CARDS, LOYALTY]) await createFlag(cast, feature)
  await walkTo({ cast, feature: GIFT_CARDS, output, speed: 1 }, 3)
  await register({ cast, feature: LOYALTY, output, speed: 1 })
  const { client } = cast.developer
  const params = { project: PROJECT }
  const when = { attribute: 'email', op: 'ends-with' as const, values: ['@kitchen-drawer.example'] }
  const segment = { key: 'staff', name: 'Staff', when, include: ['ada', 'grace'] }
  must('Making a segment', await client.call('createSegment', { params, body: segment }))
  const ranges = [{ from: 0, to: 25_000, variant: 'on' }]
  const country = { attribute: 'country', op: 'equals' as const, values: ['FI', 'SE'] }
  const body = {
    enabled: true,
    offVariant: 'off',
    rules: [
      { id: 'rule_staff', name: 'Staff', when: { segment: 'staff' }, serve: { variant: 'on' } },
      { id: 'rule_north', name: 'A quarter of the north', when: country, serve: { allocation: { ranges } } },
    ],
    fallthrough: { variant: 'off' },
  }
  const where = { ...params, flag: 'loyalty-points', environment: 'staging' }
  const { revision } = must('Reading rules', await client.call('getFlagConfig', { params: where }))
  must('Writing rules', await client.call('configureFlag', { params: where, body, ifMatch: revision }))
}

/** To everybody, with pictures at half of them. */
async function goodFeature({ cast, traffic, staging }: Stage, look: Camera): Promise<void> {
  await createFlag(cast, NEW_CHECKOUT)
  const run = await walkThrough({ cast, feature: NEW_CHECKOUT, output, speed: 1, staging: staging.url })
  const watch = { cast, output, traffic, limitMs: LIMIT_MS }
  const id = await startRollout(watch, run)
  const address = `/p/${PROJECT}/rollouts/${id}`
  const views = [
    await look.open(address, { theme: 'light' }),
    await look.open(address, { theme: 'dark' }),
    await look.open(address, { size: 'phone' }),
  ] as const
  const ended = watchRollout(watch, id)
  // What fails before is told first.
  ended.catch(() => undefined)
  await until(cast, id, (it) => it.position?.percent === 50 && it.verdict === 'GO')
  await Promise.all([
    views[0].shoot('live-light'),
    views[1].shoot('live-dark'),
    views[2].shoot('live-phone'),
    look.shoot('home-light', '/'),
    look.shoot('kill-phone', `/k/${PROJECT}/production/new-checkout`, { size: 'phone' }),
  ])
  await ended
}

/** Rolled back by the system. */
async function badFeature({ cast, traffic, staging }: Stage, look: Camera): Promise<void> {
  await createFlag(cast, FAST_SEARCH)
  const run = await walkThrough({ cast, feature: FAST_SEARCH, output, speed: 1, staging: staging.url })
  const watch = { cast, output, traffic, limitMs: LIMIT_MS }
  const id = await startRollout(watch, run)
  await watchRollout(watch, id)
  await look.shoot('rolled-back', `/p/${PROJECT}/rollouts/${id}`)
}

async function until(cast: Stage['cast'], rollout: string, wanted: (it: Rollout) => boolean): Promise<void> {
  const { client } = cast.operationsLead
  const params = { project: PROJECT, rollout }
  while (!wanted(must('Reading the rollout', await client.call('showRollout', { params })))) await pause(100)
}

/** The pages that stand still. */
async function lookAround(look: Camera): Promise<void> {
  const feature = (key: string, page = ''): string => `/p/${PROJECT}/f/${key}${page}`
  const flag = `/p/${PROJECT}/flags/loyalty-points?env=staging`
  await look.shoot('home-dark', '/', { theme: 'dark' })
  await look.shoot('home-phone', '/', { size: 'phone' })
  await look.shoot('inputs', feature('loyalty-points', '/inputs'))
  await look.shoot('step-light', feature('gift-cards', '/steps/4'))
  await look.shoot('step-dark', feature('gift-cards', '/steps/4'), { theme: 'dark' })
  await look.shoot('step-phone', feature('gift-cards', '/steps/4'), { size: 'phone' })
  await look.shoot('plan', feature('gift-cards', '/steps/3'), { to: 'Stages' })
  await look.shoot('approval', feature('new-checkout', '/approval'))
  await look.shoot('flags', `/p/${PROJECT}/flags`)
  await look.shoot('rollouts', `/p/${PROJECT}/rollouts`)
  await look.shoot('flag-light', flag)
  await look.shoot('flag-dark', flag, { theme: 'dark' })
  await look.shoot('audit', `/p/${PROJECT}/audit`)
}

async function sum(): Promise<void> {
  const names = await readdir(options.to)
  const sizes = await Promise.all(names.map(async (it) => (await stat(join(options.to, it))).size))
  const bytes = sizes.reduce((total, it) => total + it, 0)
  output.line(`${names.length} pictures in ${options.to}, ${Math.round(bytes / 1_000)} kB`)
  if (options.format === 'webp' && bytes > MOST_BYTES) throw new Error('The pictures are too large.')
}
