/** The disk of the database, and that of the server itself, filled to the last block under a running server. */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import { expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { hasPostgres, startPostgres } from '../../../tests/support/postgres.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { canMount, mountSmallDisk } from '../../../tests/support/small-disk.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { startMortal } from './support/mortal.ts'
import { evaluateUntil, SERVED, serveGreeting, writeFlag } from './support/serving.ts'

const { project } = SERVED
const ROUNDS = howMuch(1, 5)
const MOST_WRITES = 2_000

test.skipIf(!canMount || !hasPostgres)(
  'R1 R5 while the disk of the database is full, evaluations go on, writes are refused by name, and none is lost',
  { timeout: howMuch(120_000, 600_000) },
  async (context) => {
    using disk = mountSmallDisk(160)
    await mkdir(path.join(disk.folder, 'postgres'))
    await using postgres = await startPostgres({ folder: path.join(disk.folder, 'postgres') })
    await using server = await startMortal(postgres.url)
    const key = await serveGreeting(server)
    const acknowledged: string[] = []
    const refusals = new Set<string>()
    let evaluations = 0
    for (let round = 0; round < ROUNDS; round++) {
      const done = new AbortController()
      const evaluating = evaluateUntil(server.address, key, done.signal)
      disk.fill()
      // Some fit into what PostgreSQL has already.
      let refused = 0
      for (let n = 0; refused < 3 && n < MOST_WRITES; n++) {
        const name = `r${round}-${n}`
        const { status, code } = await writeFlag(server.admin, name)
        if (status === 201) acknowledged.push(name)
        else refused += refusals.add(`${status} ${code}`).size > 0 ? 1 : 0
      }
      expect(refused).toBe(3)
      disk.free()
      // It gives up where not even its log can grow; whoever runs it starts it again.
      if (!(await postgres.answers())) await postgres.start()
      await expect
        .poll(async () => (await writeFlag(server.admin, `back-${round}`)).status, { timeout: 30_000 })
        .not.toBe(503)
      done.abort()
      const { count, distinct } = await evaluating
      expect(distinct, 'every evaluation was answered, and alike').toHaveLength(1)
      evaluations += count
    }
    const flags = expectOk(await server.admin.call('listFlags', { params: { project } })).items
    const there = new Set(flags.map((it) => it.key))
    expect(acknowledged.filter((it) => !there.has(it))).toEqual([])
    expect(expectOk(await server.admin.call('verifyAudit', { params: { project } }))).toMatchObject({
      ok: true,
    })
    for (const refusal of refusals) expect(refusal).toMatch(/^503 database-(full|unavailable)$/)
    record(context, {
      done: 'the disk of the database full',
      times: ROUNDS,
      result: `0 of ${evaluations} evaluations failed, writes got ${[...refusals].join(' and ')}, 0 of ${acknowledged.length} acknowledged lost, writing again without a restart of the server`,
    })
  },
)

test.skipIf(!canMount)(
  'R1 while the data directory of the server is full, it serves, writes, and starts again',
  { timeout: 120_000 },
  async (context) => {
    await using database = await createDatabase()
    using disk = mountSmallDisk(2)
    const settings = { FLAGMARSHAL_DATA_DIR: disk.folder }
    await using server = await startMortal(database.url, { settings })
    const key = await serveGreeting(server)
    disk.fill()
    const { distinct } = await evaluateUntil(server.address, key, AbortSignal.timeout(500))
    expect(distinct).toHaveLength(1)
    expect((await writeFlag(server.admin, 'full')).status).toBe(201)
    await server.die()
    await server.rise()
    expect((await writeFlag(server.admin, 'after')).status).toBe(201)
    record(context, {
      done: 'the data directory of the server full, and kill -9',
      times: 1,
      result: 'it served, wrote and started again',
    })
  },
)
