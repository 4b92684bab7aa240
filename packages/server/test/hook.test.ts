/** Hooks: code by a signed request, a program, a workflow; data by its contract on a real table. */
import type { NewHook } from '@flagmarshal/api/hook'
import { faultOfSignature, webhookKey } from '@flagmarshal/server/signature'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { HOOK_SECRET, hookRunAt, makePrograms, startDataHook, startGithub } from './support/hooks.ts'
import type { Programs } from './support/hooks.ts'
import { startReceiver } from './support/receiver.ts'

let server: TestServer
let programs: Programs
let developer: TestPerson
let lead: TestPerson
let back: string
const project = 'shop'

beforeAll(async () => {
  programs = await makePrograms()
  back = await programs.write(
    'back',
    `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$1" in
  fail) echo "token $HOOK_SECRET is refused" >&2; exit 3;;
  slow) sleep 60;;
esac
echo "went back: $* key=$HOOK_KEY phase=$HOOK_PHASE home=$HOME"
`,
  )
  server = await startServer({
    settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1', FLAGMARSHAL_HOOK_PROGRAMS: back },
  })
  expectOk(await server.admin.call('createProject', { body: { key: project, name: 'Shop' } }))
  developer = await server.person('developer')
  lead = await server.person('operations-lead')
})
afterAll(async () => {
  await server.close()
  await programs[Symbol.asyncDispose]()
})

let made = 0

async function create(hook: Omit<NewHook, 'key' | 'title'>): Promise<string> {
  const key = `hook-${++made}`
  const body = { key, title: 'Puts it back', ...hook }
  expectOk(await server.admin.call('createHook', { params: { project }, body }))
  return key
}

async function run(hook: string, mode: 'dry-run' | 'run', target: 'production' | 'staging' = 'staging') {
  const body = { mode, target, goBackTo: '1.4.2' }
  return expectOk(await developer.client.call('runHook', { params: { project, hook }, body }))
}

const command = (...args: string[]) => ({ kind: 'command' as const, program: back, args })
const target = (...args: string[]) => ({
  action: command(...args),
  probe: command('probe'),
  budgetMs: 10_000,
})
const none = { none: 'There is no staging of it.' }

describe('a hook by a signed request', () => {
  it('P-S5-3 is signed, tried again with the same id, and done once the probe sees the version', async () => {
    let version = '2.0.0'
    await using receiver = await startReceiver((request, response, nth) => {
      if (request.method === 'GET') return void response.end(JSON.stringify({ version }))
      if (nth === 0) return void response.writeHead(503).end()
      version = JSON.parse(request.body).data.version
      response.writeHead(202).end()
    })
    const staging = {
      action: { kind: 'http' as const, url: `${receiver.url}/back/{version}` },
      probe: { kind: 'http' as const, url: `${receiver.url}/version`, status: 200, contains: '"{version}"' },
      budgetMs: 20_000,
    }
    const hook = await create({ part: 'code', production: staging, staging, secret: HOOK_SECRET })
    const rehearsed = await run(hook, 'dry-run')
    const dry = await hookRunAt(developer.client, project, rehearsed.id, 'succeeded')
    expect(dry.phases.map((it) => [it.phase, it.ok])).toEqual([
      ['dry-run', true],
      ['probe', true],
    ])
    version = '2.0.0'
    const { id } = await run(hook, 'run')
    const done = await hookRunAt(developer.client, project, id, 'succeeded')
    expect(done.phases.map((it) => it.phase)).toEqual(['apply', 'probe'])
    expect(done.phases[1]?.said).toBe('it answers 200 with "1.4.2"')
    const posts = receiver.received.filter((it) => it.method === 'POST')
    expect(posts[0]?.headers['webhook-id']).toBe(posts[1]?.headers['webhook-id'])
    const last = posts.at(-1)
    if (last === undefined) throw new Error('nothing was posted')
    expect(last.path).toBe('/back/1.4.2')
    const key = webhookKey(HOOK_SECRET)
    if (key === undefined) throw new Error('the secret is none')
    expect(
      faultOfSignature(key, (name) => last.headers[name], Buffer.from(last.body), new Date()),
    ).toBeUndefined()
    expect(JSON.parse(last.body)).toMatchObject({
      type: 'dev.flagmarshal.hook.apply',
      data: {
        phase: 'apply',
        part: 'code',
        version: '1.4.2',
        key: id,
        dryRun: false,
        environment: 'staging',
      },
    })
  })

  it('is refused where its address is of the own network and nobody has allowed that', async () => {
    const http = {
      action: { kind: 'http' as const, url: 'http://10.0.0.1/back' },
      probe: command('probe'),
      budgetMs: 1_000,
    }
    const hook = await create({ part: 'code', production: http, staging: http, secret: HOOK_SECRET })
    const { id } = await run(hook, 'run')
    const failed = await hookRunAt(developer.client, project, id, 'failed')
    expect(failed.problem).toMatch(/^apply: .*10\.0\.0\.1/)
  })
})

describe('a hook by a program', () => {
  it('gets its arguments as they are, without a shell, and nothing of the environment of the server', async () => {
    const hook = await create({
      part: 'code',
      production: target('to', '{version}'),
      staging: target('to', '{version}; touch /tmp/never', '$(id)', '{phase}'),
    })
    const { id } = await run(hook, 'run')
    const done = await hookRunAt(developer.client, project, id, 'succeeded')
    expect(done.phases[0]?.said).toBe(
      `went back: to 1.4.2; touch /tmp/never $(id) apply key=${id} phase=apply home=`,
    )
    const dry = await hookRunAt(developer.client, project, (await run(hook, 'dry-run')).id, 'succeeded')
    expect(dry.phases[0]?.said).toContain('dry-run key=')
    const untold = await hookRunAt(
      developer.client,
      project,
      (await run(hook, 'dry-run', 'production')).id,
      'succeeded',
    )
    expect(untold.phases[0]?.said).toBe('it could be started; without {phase} in its arguments it was not')
  })

  it('runs only what the operator lists, within its time, and never shows its secret', async () => {
    const shell = {
      action: { kind: 'command' as const, program: '/bin/sh', args: ['-c', 'id'] },
      probe: command('p'),
      budgetMs: 5_000,
    }
    const stranger = await create({ part: 'code', production: shell, staging: shell })
    const refused = await hookRunAt(developer.client, project, (await run(stranger, 'run')).id, 'failed')
    expect(refused.problem).toBe("apply: /bin/sh is not in the operator's list (FLAGMARSHAL_HOOK_PROGRAMS)")
    const fails = await create({
      part: 'code',
      production: target('fail'),
      staging: target('fail'),
      secret: 'hush',
    })
    const failed = await hookRunAt(developer.client, project, (await run(fails, 'run')).id, 'failed')
    expect(failed.problem).toBe('apply: it ended with 3: token … is refused')
    const slow = { ...target('slow'), budgetMs: 1_000 }
    const sleeper = await create({ part: 'code', production: slow, staging: slow })
    const late = await hookRunAt(developer.client, project, (await run(sleeper, 'run')).id, 'failed')
    expect(late.problem).toBe('apply: it took longer than its time budget')
  })

  it('keeps every version: an edit makes the next one, a stale edit is refused', async () => {
    const hook = await create({ part: 'code', production: target('one'), staging: none })
    const params = { project, hook }
    const body = { part: 'code' as const, title: 'Other', production: target('two'), staging: none }
    const second = expectOk(await server.admin.call('changeHook', { params, body, ifMatch: 1 }))
    expect(second.revision).toBe(2)
    const first = expectOk(await server.admin.call('getHook', { params, query: { version: '1' } }))
    expect(first.production.action).toEqual(command('one'))
    expect(expectProblem(await server.admin.call('changeHook', { params, body, ifMatch: 1 })).status).toBe(
      412,
    )
    const unsound = { ...body, production: target('{home}') }
    expect(
      expectProblem(await server.admin.call('changeHook', { params, body: unsound, ifMatch: 2 })).code,
    ).toBe('hook-unsound')
    expect(
      expectProblem(await developer.client.call('changeHook', { params, body, ifMatch: 2 })).status,
    ).toBe(403)
    const wish = { mode: 'run' as const, target: 'production' as const, goBackTo: '1' }
    const belongs = await developer.client.call('runHook', { params, body: wish })
    expect(expectProblem(belongs).code).toBe('belongs-to-a-rollback')
    const nowhere = await developer.client.call('runHook', { params, body: { ...wish, target: 'staging' } })
    expect(expectProblem(nowhere).code).toBe('no-staging-target')
  })
})

describe('a hook by a workflow of GitHub', () => {
  const github = (api: string) => ({
    action: {
      kind: 'github' as const,
      api,
      repository: 'shop/checkout',
      workflow: 'rollback.yml',
      ref: 'main',
      inputs: { rollback_id: '{key}', version: '{version}' },
    },
    probe: command('probe'),
    budgetMs: 20_000,
  })

  it.each(['details', 'no-details', 'refuses'] as const)(
    'P-S5-3 is dispatched once and watched to its end where the server answers with %s',
    async (knows) => {
      await using hub = await startGithub(knows)
      hub.limits.push([403, { 'retry-after': '1' }])
      const hook = await create({
        part: 'code',
        production: github(hub.url),
        staging: github(hub.url),
        secret: 'gh-token',
      })
      const { id } = await run(hook, 'run')
      const done = await hookRunAt(developer.client, project, id, 'succeeded')
      expect(hub.dispatched).toHaveLength(1)
      expect(hub.dispatched[0]).toMatchObject({ ref: 'main', inputs: { rollback_id: id, version: '1.4.2' } })
      expect('return_run_details' in (hub.dispatched[0] ?? {})).toBe(knows !== 'refuses')
      expect(done.phases[0]).toMatchObject({ link: 'https://github.example/runs/1000' })
    },
  )

  it('fails with the conclusion of the run, and a dry run dispatches nothing', async () => {
    await using hub = await startGithub('details')
    hub.conclusion = 'cancelled'
    const hook = await create({
      part: 'code',
      production: github(hub.url),
      staging: github(hub.url),
      secret: 'gh-token',
    })
    const dry = await hookRunAt(developer.client, project, (await run(hook, 'dry-run')).id, 'succeeded')
    expect(dry.phases[0]?.said).toContain('is active and main is there')
    expect(hub.dispatched).toEqual([])
    const failed = await hookRunAt(developer.client, project, (await run(hook, 'run')).id, 'failed')
    expect(failed.problem).toBe("apply: the workflow's run 1000 ended with cancelled")
    const unnamed = { ...github(hub.url), action: { ...github(hub.url).action, inputs: {} } }
    const body = {
      key: 'lost',
      title: 'x',
      part: 'code' as const,
      production: unnamed,
      staging: none,
      secret: 'x',
    }
    const refused = await server.admin.call('createHook', { params: { project }, body })
    expect(expectProblem(refused).detail).toContain('{key}')
  })
})

describe('a data hook', () => {
  it('P-S5-4 plans, waits for a person who confirms that plan, verifies, applies and verifies on a real table', async () => {
    await using table = await startDataHook(server.databaseUrl)
    const staging = { action: { kind: 'http' as const, url: table.url }, budgetMs: 20_000 }
    const hook = await create({ part: 'data', production: staging, staging, secret: HOOK_SECRET })
    const dry = await hookRunAt(developer.client, project, (await run(hook, 'dry-run')).id, 'succeeded')
    expect(dry.plan).toMatchObject({ rows: 3, reversible: true })

    const { id } = await run(hook, 'run')
    const waiting = await hookRunAt(developer.client, project, id, 'awaiting_confirmation')
    const harmed = 'select count(*)::int as n from orders where total = 0'
    expect(await table.sql(harmed)).toEqual([{ n: 3 }])
    const params = { project, hookRun: id }
    const plan = waiting.plan?.hash ?? ''
    const byMachine = await server.admin.call('confirmHookRun', { params, body: { plan } })
    expect(expectProblem(byMachine).status).toBe(403)
    const byDeveloper = await developer.client.call('confirmHookRun', { params, body: { plan } })
    expect(expectProblem(byDeveloper).status).toBe(403)
    const other = await lead.client.call('confirmHookRun', { params, body: { plan: '0'.repeat(64) } })
    expect(expectProblem(other).code).toBe('another-plan')

    expectOk(await lead.client.call('confirmHookRun', { params, body: { plan } }))
    const done = await hookRunAt(developer.client, project, id, 'succeeded')
    expect(done.phases.map((it) => it.phase)).toEqual(['plan', 'verify', 'apply', 'verify'])
    expect(done.confirmed).toMatchObject({ plan, by: lead.id })
    expect(await table.sql(harmed)).toEqual([{ n: 0 }])
    expect(await table.sql('select total from orders where id in (7, 8, 9) order by id')).toEqual([
      { total: 70 },
      { total: 80 },
      { total: 90 },
    ])
    expect(done.phases[2]?.result?.checksumAfter).toBe(done.plan?.checksumAfter)
    await table.sql('drop table orders')
  })

  it('P-S5-4 does not apply a plan to data that have changed since', async () => {
    await using table = await startDataHook(server.databaseUrl)
    const staging = { action: { kind: 'http' as const, url: table.url }, budgetMs: 20_000 }
    const hook = await create({ part: 'data', production: staging, staging, secret: HOOK_SECRET })
    const { id } = await run(hook, 'run')
    const waiting = await hookRunAt(developer.client, project, id, 'awaiting_confirmation')
    await table.sql('update orders set total = 1 where id = 50')
    const body = { plan: waiting.plan?.hash ?? '' }
    expectOk(await lead.client.call('confirmHookRun', { params: { project, hookRun: id }, body }))
    const failed = await hookRunAt(developer.client, project, id, 'failed')
    expect(failed.problem).toBe('verify: the data have changed since the plan was made')
    expect(table.asked.map((it) => it.phase)).toEqual(['plan', 'verify'])
    expect(await table.sql('select count(*)::int as n from orders where total = 0')).toEqual([{ n: 3 }])
    await table.sql('drop table orders')
  })
})
