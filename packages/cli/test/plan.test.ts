/** `flagmarshal plan …` against a real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { goThrough, openRun, OUTPUTS, prepareStep, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { keepTraffic } from '../../server/test/support/unexposed.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import type { Ended } from './support/shell.ts'

let server: TestServer
let database: ReturnType<typeof openPostgres>
let folder: string
let stage: Stage

const PLAN = {
  treatment: 'on',
  control: 'off',
  observeWindows: 60,
  stages: [{ name: 'everybody', increments: [10, 50, 100], bakeMs: 7_200_000, maxMs: 86_400_000 }],
  criteria: [
    { id: 'errors', role: 'guardrail', source: { kind: 'telemetry', counts: 'bad' }, ceiling: 0.02 },
  ],
  holdback: 0,
}
const STRICT = { ...PLAN, criteria: [{ ...PLAN.criteria[0], ceiling: 0.002 }] }

beforeAll(async () => {
  server = await startServer()
  database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-plan-'))
  stage = await setStage(server, 'plans')
  const run = await openRun(stage)
  await goThrough(stage, run, 1)
  await goThrough(stage, run, 2)
  await prepareStep(stage, run, 3, { ...OUTPUTS[2], plan: PLAN })
  await keepTraffic(database, 'plans', { minutes: 240, perMinute: 300, badShare: 0.01 })
})
afterAll(async () => {
  await database.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function plan(...args: readonly string[]): Promise<Ended> {
  return await flagmarshal(['plan', ...args], {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: stage.developer.token,
    FLAGMARSHAL_PROJECT: 'plans',
  })
}

async function draft(name: string, content: object): Promise<string> {
  const where = path.join(folder, name)
  await writeFile(where, JSON.stringify(content))
  return where
}

describe('flagmarshal plan', () => {
  it('P-S3-6 says whom each increment reaches and what it can see', async () => {
    const { code, out } = await plan('power', 'new-checkout')
    expect(code).toBe(EXIT.ok)
    expect(out).toMatch(/requests +30\d|requests +29\d/)
    expect(out).toMatch(/1\.1 everybody +10 % of everybody +10 % +2000/)
    expect(out).toContain('errors: at this traffic')
    const json = await plan('power', 'new-checkout', '--json')
    expect(JSON.parse(json.out)).toMatchObject({ result: { environment: 'production' } })
  })

  it('P-S3-5 replays the stored plan or a draft over unchanged traffic, and exits 7 where it would roll back', async () => {
    const fine = await plan('replay', 'new-checkout')
    expect(fine).toMatchObject({ code: EXIT.ok })
    expect(fine.out).toContain('It would have left unchanged traffic alone.')
    const strict = await plan('replay', 'new-checkout', '-f', await draft('strict.json', STRICT))
    expect(strict.code).toBe(EXIT.invalid)
    expect(strict.out).toMatch(/Refused: .*nothing was changed.*F2b-harm/)
  })

  it('P-S3-2 P-S3-8 P-S3-9 P-S3-11 checks the stored plan, or the output of step 3 in a file', async () => {
    const stored = await plan('check', 'new-checkout')
    expect(stored.code).toBe(EXIT.ok)
    for (const id of ['P-S3-4', 'P-S3-5', 'P-S3-6', 'P-S3-8', 'P-S3-9']) expect(stored.out).toContain(id)
    const stages = [{ ...PLAN.stages[0], increments: [50, 10, 100] }]
    const falling = await draft('falling.json', { plan: { ...PLAN, stages }, audienceShares: {} })
    const refused = await plan('check', 'new-checkout', '-f', falling)
    expect(refused.code).toBe(EXIT.invalid)
    expect(refused.out).toContain('percent-falls')
    const once = [{ ...PLAN.stages[0], increments: [100] }]
    const atOnce = await plan(
      'check',
      'new-checkout',
      '-f',
      await draft('once.json', { ...PLAN, stages: once }),
    )
    expect(atOnce.out).toContain('P-I9 asks for a gradual rollout')
    const none = await draft('none.json', { ...PLAN, criteria: [] })
    expect((await plan('check', 'new-checkout', '-f', none)).code).toBe(EXIT.invalid)
  })

  it('P-S3-3 takes no monitoring requirements without key metrics, dashboards and a review frequency', async () => {
    const monitoring = { keyMetrics: ['errors'], dashboards: 'the shop' }
    const file = await draft('monitoring.json', { ...OUTPUTS[2], plan: PLAN, monitoring })
    const { code, err } = await flagmarshal(['feature', 'step', 'new-checkout', '3', '-f', file], {
      FLAGMARSHAL_SERVER: server.address,
      FLAGMARSHAL_TOKEN: stage.developer.token,
      FLAGMARSHAL_PROJECT: 'plans',
    })
    expect(code).toBe(EXIT.invalid)
    expect(err).toContain('reviewEveryMinutes')
  })

  it('P-S3-1 shows plans, and keeps templates for others', async () => {
    expect((await plan('show', 'new-checkout')).out).toContain('"observeWindows": 60')
    const { treatment: _t, control: _c, ...template } = PLAN
    const file = await draft('template.json', template)
    const made = await plan(
      'template',
      'create',
      'thirds',
      '-f',
      file,
      '--name',
      'Thirds',
      '--description',
      'x',
    )
    expect(made).toMatchObject({ code: EXIT.ok, out: 'The template thirds is kept.\n' })
    const { out } = await plan('template', 'list')
    expect(out).toMatch(/default +The four stages of the procedure +built in\nthirds +Thirds/)
    expect((await plan('template', 'show', 'thirds')).out).toContain('"holdback": 0')
    expect((await plan('template', 'show', 'halves')).code).toBe(EXIT.notFound)
  })
})
