/** R6 with SIGKILL: a signal that happened is delivered, whenever the server dies; no other is sent. */
import { setTimeout as wait } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { newFlag } from './support/flags.ts'
import { startMortal } from './support/mortal.ts'
import { ok, startReceiver } from './support/receiver.ts'
import { addChannel, PROJECT, SECRET } from './support/signals.ts'

const ROUNDS = howMuch(4, 20)
/** Acts of a round, and how many of them are acknowledged before the server dies. */
const [ACTS, SURVIVING] = [12, 3]

test(
  'R6 a server that is killed while it writes and while it sends delivers every signal that happened, and no other',
  { timeout: howMuch(150_000, 600_000) },
  async (context) => {
    await using database = await createDatabase()
    await using receiver = await startReceiver()
    await using server = await startMortal(database.url)
    const { admin } = server
    expectOk(await admin.call('createProject', { body: { key: PROJECT, name: PROJECT } }))
    const project = { project: PROJECT }
    expectOk(await admin.call('createFlag', { params: project, body: newFlag('one') }))
    const subscribes = ['dev.flagmarshal.flag.killed']
    await addChannel(admin, {
      key: 'hook',
      kind: 'webhook',
      settings: { url: receiver.url },
      secret: SECRET,
      subscribes,
    })

    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      // In every second round the receiver does not answer, so that the server dies while it sends.
      receiver.answer(round % 2 === 0 ? () => undefined : ok)
      const before = acknowledged.length
      const enough = Promise.withResolvers<void>()
      const acts = Array.from({ length: ACTS }, async (_, i) => {
        const params = { ...project, flag: 'one', environment: 'production' }
        const reason = `${round}/${i}`
        const outcome = await admin.call('killFlag', { params, body: { reason } })
        if (outcome.ok && acknowledged.push(reason) === before + SURVIVING) enough.resolve()
      })
      // The others are on their way when it dies.
      await enough.promise
      if (round === 0) await receiver.until(1)
      await server.die()
      await Promise.all(acts)
      await server.rise()
    }
    receiver.answer(ok)

    const query = { channel: 'hook', limit: '1000' }
    for (const until = Date.now() + 90_000; ;) {
      const { items } = expectOk(await admin.call('listDeliveries', { params: project, query }))
      if (items.length > 0 && items.every((it) => it.state === 'delivered')) break
      expect(Date.now()).toBeLessThan(until)
      await wait(100)
    }
    const { items: signals } = expectOk(
      await admin.call('listSignals', { params: project, query: { limit: '1000' } }),
    )
    const happened = new Map(signals.filter((it) => it.type === subscribes[0]).map((it) => [it.id, it.data]))
    const sent = new Map(
      receiver.received.map((it) => [it.headers['webhook-id'] ?? '', JSON.parse(it.body).data]),
    )
    expect([...sent.keys()].filter((id) => !happened.has(id))).toEqual([])
    expect(sent).toEqual(happened)
    const reasons = new Set([...sent.values()].map((it) => it.reason))
    expect(acknowledged.filter((it) => !reasons.has(it))).toEqual([])
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * SURVIVING)
    record(context, {
      done: 'kill -9 while signals are written and sent',
      times: ROUNDS,
      result: `${acknowledged.length} acknowledged acts, ${sent.size} signals, each delivered, ${receiver.received.length - sent.size} repeats with the same id`,
    })
    expect(receiver.received.length, 'some were sent twice, with the same id').toBeGreaterThan(sent.size)

    const chain = expectOk(await admin.call('verifyAudit', { params: project }))
    expect(chain.ok).toBe(true)
  },
)
