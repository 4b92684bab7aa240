/** Applications that are connected to the stage of a run, and a run that stands where a test wants it. */
import { vi } from 'vitest'

import { goThrough, openRun, OUTPUTS } from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import { startApplication } from './application.ts'
import type { Application, ApplicationOptions } from './application.ts'
import { expectOk } from './server.ts'

/** A real application behind the stage's flag, once the server knows its stream. */
export async function connectTo(
  stage: Stage,
  options: Pick<ApplicationOptions, 'environment'> & Partial<ApplicationOptions>,
): Promise<Application> {
  const { server, project, developer, feature } = stage
  const key = await server.sdkKey(project, options.environment)
  const given = { address: server.address, key, layers: ['backend'] as const, flag: feature, ...options }
  const application = await startApplication(given)
  await vi.waitUntil(
    async () => {
      const params = { project, environment: options.environment }
      const { items } = expectOk(await developer.client.call('listInstances', { params }))
      return items.some((it) => it.instanceId === application.connection.instanceId && it.streamOpen)
    },
    { timeout: 20_000, interval: 20 },
  )
  return application
}

/** A run after so many steps, with the output of the next one written. */
export async function atStep(stage: Stage, done: number): Promise<string> {
  const run = await openRun(stage)
  for (let step = 1; step <= done; step++) await goThrough(stage, run, step)
  const params = { project: stage.project, run, step: done + 1 }
  const body = { output: OUTPUTS[done] ?? {} }
  expectOk(await stage.developer.client.call('writeStep', { params, body }))
  return run
}
