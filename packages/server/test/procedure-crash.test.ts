/**
 * A whole run, with the server killed 20 times on the way: nothing that was acknowledged is lost, no
 * signal is sent that did not happen, and a receiver that failed meanwhile gets everything in order.
 */
import type { Client } from '@flagmarshal/api'
import { expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk } from '../../../tests/support/server.ts'
import type { TestPerson } from '../../../tests/support/server.ts'
import { record } from '../../../tests/support/soak.ts'
import { peopleOf, startMortal } from './support/mortal.ts'
import { approvedRun, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'
import { ok, startReceiver, status } from './support/receiver.ts'
import { SECRET } from './support/signals.ts'

const KILLS = 20

/** Acts whose work goes on after the answer: what a kill does to those has a test of its own. */
const JOBS = ['startVerification', 'startDrill', 'publishDocuments']

/** After one of every so many acts the server dies, right after its answer: a run has about 45 acts. */
const EVERY = 2

test(
  'R5 R6 a server that is killed at 20 points of a run loses no act that it answered and invents no signal',
  { timeout: 240_000 },
  async (context) => {
    await using database = await createDatabase()
    await using receiver = await startReceiver()
    await using server = await startMortal(database.url)
    const stage = await setStage(peopleOf(server), 'shop')
    await subscribe(server.admin, receiver.url)

    let [acts, kills] = [0, 0]
    const lost: string[] = []
    const acted = async (
      id: string,
      run: string | undefined,
      revision: number | undefined,
    ): Promise<void> => {
      acts += 1
      if (JOBS.includes(id) || acts % EVERY !== 0 || kills === KILLS) return
      kills += 1
      receiver.answer(kills >= 2 && kills <= 6 ? status(500) : ok)
      await server.die()
      await server.rise()
      // It has all that waited before the fire drill asks how long an alert takes to it.
      if (kills === 7) await allDelivered(server.admin)
      if (run === undefined || revision === undefined) return
      const params = { project: 'shop', run }
      const kept = expectOk(await stage.developer.client.call('showRun', { params })).revision
      if (kept < revision) lost.push(`${id}: revision ${revision}, and ${kept} after the kill`)
    }

    const { run, hash } = await approvedRun(mortal(stage, acted))
    receiver.answer(ok)
    const params = { project: 'shop', run }
    const { client } = stage.productOwner
    expectOk(await client.call('scheduleRun', { params, body: {} }))

    expect({ kills, lost }).toEqual({ kills: KILLS, lost: [] })
    const done = expectOk(await client.call('showRun', { params }))
    expect(done).toMatchObject({ state: 'completed', approvalRequest: { bundleHash: hash } })
    expect(done.approvals.filter((it) => it.voided === null)).toHaveLength(3)
    await everySignalArrived(server.admin, receiver)
    const chain = expectOk(await client.call('verifyAudit', { params: { project: 'shop' } }))
    expect(chain.ok).toBe(true)
    record(context, {
      done: 'kill -9 between two acts of a whole run of the procedure',
      times: kills,
      result: `0 of ${acts} acts lost, every signal delivered, none invented`,
    })
  },
)

async function subscribe(admin: Client, url: string): Promise<void> {
  const body = { key: 'hook', kind: 'webhook' as const, settings: { url }, secret: SECRET, subscribes: ['*'] }
  expectOk(await admin.call('createChannel', { params: { project: 'shop' }, body }))
}

type Acted = (id: string, run: string | undefined, revision: number | undefined) => Promise<void>

/** The stage whose people are told of after each act that was answered with success. */
function mortal(stage: Stage, acted: Acted): Stage {
  const follow = (person: TestPerson): TestPerson => ({ ...person, client: followed(person.client, acted) })
  return {
    ...stage,
    developer: follow(stage.developer),
    technicalLead: follow(stage.technicalLead),
    operationsLead: follow(stage.operationsLead),
    productOwner: follow(stage.productOwner),
  }
}

function followed(client: Client, acted: Acted): Client {
  return {
    ...client,
    async call(id, ...args) {
      const outcome = await client.call(id, ...args)
      const body: unknown = outcome.ok ? outcome.body : undefined
      if (outcome.ok && !/^(show|list|get|run)/.test(id)) await acted(id, ...runOf(body))
      return outcome
    },
  }
}

/** Id and revision where an answer is a run. */
function runOf(body: unknown): [string | undefined, number | undefined] {
  if (typeof body !== 'object' || body === null || !('waitsFor' in body)) return [undefined, undefined]
  if (!('id' in body && 'revision' in body)) return [undefined, undefined]
  return [String(body.id), Number(body.revision)]
}

async function everySignalArrived(
  admin: Client,
  receiver: { readonly received: readonly { readonly headers: Readonly<Record<string, string>> }[] },
): Promise<void> {
  await allDelivered(admin)
  const params = { project: 'shop' }
  const { items } = expectOk(await admin.call('listSignals', { params, query: { limit: '1000' } }))
  const happened = items.map((it) => it.id)
  const sent = receiver.received.map((it) => it.headers['webhook-id'] ?? '')
  expect(
    sent.filter((id) => !happened.includes(id)),
    'signals that did not happen',
  ).toEqual([])
  expect(
    happened.filter((id) => !sent.includes(id)),
    'signals that did not arrive',
  ).toEqual([])
}

/** Waits until the channel has everything, whatever its pauses after failures have grown to. */
async function allDelivered(admin: Client): Promise<void> {
  const params = { project: 'shop' }
  const query = { channel: 'hook', limit: '1000' }
  const waiting = async () =>
    expectOk(await admin.call('listDeliveries', { params, query })).items.filter(
      (it) => it.state !== 'delivered',
    ).length
  await expect.poll(waiting, { timeout: 120_000, interval: 200 }).toBe(0)
}
