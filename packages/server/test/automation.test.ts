/** What a pipeline may do with a token of its own: all the work of a run, and none of its decisions. */
import { KEY_PERMISSIONS } from '@flagmarshal/domain/access/permission'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  askForApproval,
  approveAll,
  goThrough,
  INPUTS,
  openRun,
  provide,
  reviewPlan,
  setStage,
  start,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

/** A stage whose work is done by an automation. */
async function automated(
  project: string,
): Promise<{ stage: Stage; people: Stage; token: string; id: string }> {
  const people = await setStage(server, project)
  const made = expectOk(
    await server.admin.call('createServiceToken', { params: { project }, body: { name: 'pipeline' } }),
  )
  const developer = { id: made.id, token: made.token, client: server.client(made.token) }
  return {
    people,
    stage: { ...people, developer, witness: people.developer },
    token: made.token,
    id: made.id,
  }
}

describe('the token of an automation', () => {
  it('does the work of a run that three people decide and approve, to completed', async () => {
    const { stage, people } = await automated('pipeline')
    const run = await start(stage)
    const byPerson = Object.keys(INPUTS).filter((input) => INPUTS[input]?.attest !== undefined)
    await provide(
      stage,
      run,
      Object.keys(INPUTS).filter((input) => !byPerson.includes(input)),
    )
    await provide(people, run, byPerson)
    await reviewPlan(stage, run)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const hash = await askForApproval(stage, run)

    const params = { project: stage.project, run }
    const body = { role: 'technical-lead' as const, bundleHash: hash }
    expect(expectProblem(await stage.developer.client.call('approveRun', { params, body })).status).toBe(403)
    await approveAll(stage, run, hash)
    expectOk(await stage.productOwner.client.call('scheduleRun', { params, body: {} }))
    expect(expectOk(await stage.developer.client.call('showRun', { params })).state).toBe('completed')
  })

  it('decides nothing, acknowledges nothing and touches no other project', async () => {
    const { stage } = await automated('bounded')
    const run = await openRun(stage)
    const { client } = stage.developer
    const params = { project: stage.project, run, step: 1 }
    const go = { decision: 'go' as const, rationale: 'looks good' }
    expect(expectProblem(await client.call('decideStep', { params, body: go })).status).toBe(403)
    expect(expectProblem(await client.call('acknowledgeStep', { params })).status).toBe(403)
    expect(expectProblem(await client.call('startRollout', { params, body: { run } })).status).toBe(403)
    await setStage(server, 'elsewhere')
    const elsewhere = await client.call('listFlags', { params: { project: 'elsewhere' } })
    expect(expectProblem(elsewhere).status).toBe(404)
  })

  it('says what it may do, is listed without its secret, and is dead once revoked', async () => {
    const { stage, token, id } = await automated('revoked')
    const { client } = stage.developer
    const me = expectOk(await client.call('whoAmI'))
    expect(me).toMatchObject({ kind: 'service', name: 'pipeline', project: 'revoked' })
    expect(me.permissions).toEqual([...KEY_PERMISSIONS.service].toSorted())
    const params = { project: 'revoked' }
    const { items } = expectOk(await server.admin.call('listServiceTokens', { params }))
    expect(items.map((it) => it.id)).toEqual([id])
    expect(JSON.stringify(items)).not.toContain(token)
    expectOk(await server.admin.call('revokeServiceToken', { params: { ...params, token: id } }))
    await expect.poll(async () => (await client.call('whoAmI')).ok).toBe(false)
  })
})
