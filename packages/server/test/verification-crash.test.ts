/**
 * Verification runs when their server stops or dies: never silent for ever, and nothing stays on.
 */
import type { Client } from '@flagmarshal/api'
import { describe, expect, it } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { follow } from './support/instances.ts'
import { peopleOf, startMortal } from './support/mortal.ts'
import { openRun, setStage } from './support/procedure.ts'

const PROJECT = 'shop'
const FLAG = 'new-checkout'

describe('R12 a verification run whose server ends', () => {
  it.each([
    ['SIGTERM', 'was stopped while it ran'],
    ['SIGKILL', 'ended before it was done'],
  ] as const)('by %s ends as failed, and what it switched on is put back', async (signal, problem) => {
    await using database = await createDatabase()
    await using server = await startMortal(database.url)
    const stage = await setStage(peopleOf(server), PROJECT)
    const run = await openRun(stage)
    const key = await stage.server.sdkKey(PROJECT, 'staging')
    const instance = await follow(server.address, key, { environment: 'staging', acknowledges: true })
    await instance.until((it) => it.event === 'snapshot')

    const params = { project: PROJECT, run }
    const { developer } = stage
    const body = { trafficMs: 120_000 }
    const { id } = expectOk(await developer.client.call('startVerification', { params, body }))
    await expect.poll(async () => (await staging(developer.client)).enabled).toBe(true)
    await server.die(signal)
    await instance.close()

    await server.rise()
    const { client } = developer
    const show = async () =>
      expectOk(await client.call('showVerification', { params: { ...params, verification: id } }))
    await expect.poll(async () => (await show()).state, { timeout: 40_000 }).toBe('failed')
    expect((await show()).problem).toContain(problem)
    expect((await show()).progress.length).toBeGreaterThan(0)
    expect(await staging(client)).toMatchObject({ enabled: false, rules: [] })
    // And the next one may begin.
    const again = expectOk(await client.call('startVerification', { params, body: { trafficMs: 0 } }))
    expect(again.state).toBe('running')
  })
})

async function staging(client: Client) {
  const params = { project: PROJECT, flag: FLAG, environment: 'staging' }
  return expectOk(await client.call('getFlagConfig', { params }))
}
