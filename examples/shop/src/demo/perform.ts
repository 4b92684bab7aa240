/** The demo from beginning to end, on the stage that is set for it. */
import { setTimeout as pause } from 'node:timers/promises'

import { close } from './closing.ts'
import { FAST_SEARCH, NEW_CHECKOUT } from './features.ts'
import type { Feature } from './features.ts'
import type { Output } from './output.ts'
import { walkThrough } from './procedure.ts'
import { printReport, proveAudit, proveCompleted, proveRolledBack } from './proof.ts'
import { explainTests, startRollout, watchRollout } from './rollout.ts'
import type { Rollout } from './rollout.ts'
import type { ReachedServer } from './server.ts'
import { createFlag } from './set-up.ts'
import { INSTANCES, setTheStage } from './stage.ts'
import type { Stage } from './stage.ts'

export interface Performance {
  readonly output: Output
  readonly speed: number
  readonly keep: boolean
  readonly running: AsyncDisposableStack
  /** A server that runs already. */
  readonly into?: ReachedServer
}

/** The good feature needs about 45 s of evidence and the bad one 15 s; the limits leave a slow machine room. */
const GOOD_LIMIT_MS = 110_000
const BAD_LIMIT_MS = 60_000

/** Performs the demo. Rejects, with a DemoFailure where a sentence says it all, when it does not end as it must. */
export async function perform(performance: Performance): Promise<void> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  broken.catch(() => undefined)
  performance.output.heading('Flagmarshal: a good feature and a bad one, on real traffic')
  const stage = await Promise.race([broken, setTheStage(performance, reject)])
  try {
    await Promise.race([broken, act({ ...performance, ...stage })])
  } catch (error) {
    // The server logs warnings and errors only: they may say more than its answers, a moment later.
    await pause(200)
    const logged = (stage.server.process?.said() ?? []).filter((line) => line.startsWith('{'))
    for (const line of logged) performance.output.text(`server: ${line}`, 4)
    throw error
  }
}

async function act(stage: Performance & Stage): Promise<void> {
  const { output, cast } = stage
  const good = await roll(stage, NEW_CHECKOUT, GOOD_LIMIT_MS)
  proveCompleted(good, output)
  const bad = await roll(stage, FAST_SEARCH, BAD_LIMIT_MS)
  proveRolledBack(bad, INSTANCES, output)
  await printReport(cast, bad, output)

  output.heading('Proof')
  await proveAudit(stage.administrator, output)
  output.heading('Nobody but the plan and its approvals touched the rollouts:')
  output.line(`${good.flag} reached 100 % on evidence, ${bad.flag} was rolled back by the system.`)
  const own = stage.into === undefined
  close({ server: stage.server.url, shop: stage.shop.url, cast, kept: stage.keep, own }, output)
}

/** Takes a feature through the procedure and its rollout. */
async function roll(stage: Performance & Stage, feature: Feature, limitMs: number): Promise<Rollout> {
  const { output, cast, speed, traffic, staging } = stage
  output.heading(`${feature.key}: the procedure`)
  await createFlag(cast, feature)
  const run = await walkThrough({ cast, feature, output, speed, staging: staging.url })
  output.heading(`${feature.key}: the rollout`)
  if (feature === NEW_CHECKOUT) explainTests(output)
  const watch = { cast, output, traffic, limitMs: Math.max(limitMs, limitMs / speed) }
  return watchRollout(watch, await startRollout(watch, run))
}
