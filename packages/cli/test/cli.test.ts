/** The verbs against a real server: what they print, and what a pipeline branches on. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { follow } from '../../server/test/support/instances.ts'
import {
  approveAll,
  askForApproval,
  goThrough,
  openRun,
  setStage,
} from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { createApprovals, place } from '../../server/test/support/rollouts.ts'
import { startTraffic } from '../../server/test/support/traffic.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import type { Ended } from './support/shell.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-cli-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** A call as somebody, of a project of the server. */
interface Caller {
  readonly project?: string
  readonly token?: string
}

/** Calls the command line as the administrator unless `caller` says otherwise. */
async function call(caller: Caller, ...args: readonly string[]): Promise<Ended> {
  const { project, token = ADMIN_TOKEN } = caller
  return await flagmarshal(args, {
    FLAGMARSHAL_SERVER: server.address,
    ...(token === '' ? {} : { FLAGMARSHAL_TOKEN: token }),
    ...(project === undefined ? {} : { FLAGMARSHAL_PROJECT: project }),
  })
}

async function file(name: string, content: object): Promise<string> {
  const where = path.join(folder, name)
  await writeFile(where, JSON.stringify(content))
  return where
}

/** A project with flags that are on in staging, and an SDK key of staging. */
async function flagsThatAreOn(project: string, ...flags: readonly string[]): Promise<string> {
  expect((await call({}, 'project', 'create', project)).code).toBe(EXIT.ok)
  for (const flag of flags) {
    const created = await call({ project }, 'flag', 'create', flag, '--owner', 'team', '--layer', 'backend')
    expect(created.code).toBe(EXIT.ok)
    expect((await call({ project }, 'flag', 'on', flag, '-e', 'staging')).code).toBe(EXIT.ok)
  }
  return (await call({ project }, '-q', 'key', 'create', 'test', '-e', 'staging')).out.trim()
}

/** A connected application. */
async function connect(key: string): Promise<Connection> {
  const connection = createFlagmarshal({
    url: server.address,
    key,
    environment: 'staging',
    application: 'till',
    layers: ['backend'],
  })
  expect(await connection.ready()).toBe('ready')
  return connection
}

async function connected(project: string): Promise<number> {
  const params = { project, environment: 'staging' }
  const { items } = expectOk(await server.admin.call('listInstances', { params }))
  return items.filter((it) => it.streamOpen).length
}

describe('kill', () => {
  it('ends with 0 once both connected instances have confirmed', async () => {
    const project = 'kill-two'
    const key = await flagsThatAreOn(project, 'new-search')
    const connections = await Promise.all([connect(key), connect(key)])
    await expect.poll(() => connected(project)).toBe(2)
    const killed = await call({ project }, 'kill', 'new-search', '-e', 'staging', '--reason', 'it is slow')
    expect(killed.out).toContain('off in staging, confirmed by 2 of 2 connected instances: verified.')
    expect(killed.err).toContain('waiting for 2 connected instances')
    expect(killed.code).toBe(EXIT.ok)
    await Promise.all(connections.map((it) => it.close()))
  })

  it('has a link for whoever is called at night, which opens the kill page of that flag', async () => {
    const project = 'kill-link'
    await flagsThatAreOn(project, 'new-search')
    const made = await call({ project }, 'kill-link', 'new-search', '-e', 'staging', '--expires', '10m')
    expect(made.err).toContain('Whoever has it can turn new-search off in staging until')
    const page = await fetch(made.out.trim())
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('HOLD TO TURN OFF')])
    const json = await call({ project }, 'kill-link', 'new-search', '-e', 'staging', '--json')
    expect(JSON.parse(json.out)).toMatchObject({
      result: { link: expect.stringContaining('/k/kill-link/staging/') },
    })

    const listed = await call({ project }, 'kill-links', '--json')
    const [{ id }] = JSON.parse(listed.out).result
    expect(JSON.parse(listed.out).result).toHaveLength(2)
    const revoked = await call({ project }, 'kill-links', 'revoke', id)
    expect(revoked.out).toContain(`${id} opens nothing any more.`)
    expect((await call({ project }, 'kill-links')).out).toContain('by bootstrap')
  })

  it('ends with 9 while one is silent, and after it is lost with 0 only if that is allowed', async () => {
    const project = 'kill-silent'
    const key = await flagsThatAreOn(project, 'one', 'two', 'three')
    const connection = await connect(key)
    const silent = await follow(server.address, key, { environment: 'staging', instance: 'silent' })
    await expect.poll(() => connected(project)).toBe(2)
    const kill = (flag: string, ...more: readonly string[]) =>
      call({ project }, 'kill', flag, '-e', 'staging', ...more)

    const waiting = await kill('one', '--wait', '1s')
    expect(waiting.out).toContain('confirmed by 1 of 2 connected instances: not verified')
    expect(waiting.code).toBe(EXIT.notVerified)
    await execute(
      server.databaseUrl,
      `update instances set last_seen_at = now() - interval '61 s' where instance = 'silent'`,
    )
    const lost = await kill('two')
    expect(lost.out).toContain('confirmed by 1 of 2 connected instances; 1 fell silent and cannot be asked')
    expect(lost.code).toBe(EXIT.notVerified)
    expect((await kill('three', '--allow-lost')).code).toBe(EXIT.ok)
    await silent.close()
    await connection.close()
  })
})

describe('gate check', () => {
  let stage: Stage
  let run: string
  let hash: string
  beforeAll(async () => {
    stage = await setStage(server, 'gates')
    run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    hash = await askForApproval(stage, run)
  })
  const check = (...more: readonly string[]) =>
    call({ project: 'gates', token: stage.developer.token }, 'gate', 'check', stage.feature, ...more)

  it('ends with 3 while it is closed, and says by what', async () => {
    const closed = await check()
    expect(closed.code).toBe(EXIT.gateClosed)
    expect(closed.out).toContain('plan-approved of new-checkout is closed (awaiting_approval).')
    expect(closed.out).toContain(`flagmarshal approve ${stage.feature} --role technical-lead`)
  })

  it('ends with 8 when it did not open in time', async () => {
    expect((await check('--wait', '1s')).code).toBe(EXIT.timeout)
  })

  it('ends with 6 for an approval of another hash', async () => {
    const { token } = stage.technicalLead
    const args = ['approve', stage.feature, '--role', 'technical-lead', '--hash', 'f'.repeat(64)]
    const stale = await call({ project: 'gates', token }, ...args)
    expect(stale.code).toBe(EXIT.conflict)
    expect(stale.err).toContain('→ ')
  })

  it('ends with 0 as soon as it opens', async () => {
    const waiting = check('--wait', '30s')
    await approveAll(stage, run, hash)
    expect((await waiting).code).toBe(EXIT.ok)
    expect(await check('--json')).toMatchObject({ code: EXIT.ok, err: '' })
    expect((await check('--gate', 'flags-ready')).code).toBe(EXIT.ok)
    expect((await check('--gate', 'stage:1')).code).toBe(EXIT.gateClosed)
    expect((await check('--gate', 'whatever')).code).toBe(EXIT.invalid)
  })

  it('opens the protected environment for a flag, and nothing else does', async () => {
    const on = (flag: string) => call({ project: 'gates' }, 'flag', 'on', flag, '-e', 'production')
    const made = await call(
      { project: 'gates' },
      'flag',
      'create',
      'other',
      '--owner',
      'x',
      '--layer',
      'backend',
    )
    expect(made.code).toBe(EXIT.ok)
    const refused = await on('other')
    expect(refused.code).toBe(EXIT.gateClosed)
    expect(refused.err).toContain('flagmarshal feature new')
  })

  it.each([
    'project list',
    'person list',
    'key list',
    'flag list',
    'flag show new-checkout',
    'flag explain new-checkout -e production --user ada',
    'feature list',
    'feature show new-checkout',
    'feature next new-checkout',
    'feature inputs new-checkout',
    'feature work-plan new-checkout',
    'feature step new-checkout 2',
    'feature bundle new-checkout',
    'feature bundle new-checkout --hash',
    'feature history new-checkout',
    'rollout list',
    'audit verify',
    'audit verify --installation',
    'audit tail -n 3',
    'audit tail --kind flag',
    'audit tail --installation',
    'whoami',
  ])('%s is for people, and with --json for programs', async (command) => {
    const words = command.split(' ')
    const forPeople = await call({ project: 'gates' }, ...words)
    expect(forPeople).toMatchObject({ code: EXIT.ok, err: '' })
    expect(forPeople.out).toMatch(/\S\n$/)
    expect(forPeople.out).not.toMatch(/undefined|\[object/)
    const forPrograms = await call({ project: 'gates' }, ...words, '--json')
    expect(forPrograms).toMatchObject({ code: EXIT.ok, err: '' })
    expect(JSON.parse(forPrograms.out)).toMatchObject({
      schema: 'flagmarshal.dev/cli/v1',
      result: expect.anything(),
    })
  })
})

describe('audit', () => {
  it('ends with 0 while the chain holds and with 7 once somebody has changed it', async () => {
    const project = 'audited'
    await flagsThatAreOn(project, 'one', 'two')
    const holds = await call({ project }, 'audit', 'verify')
    expect(holds.code).toBe(EXIT.ok)
    const anchor = /head (\d+:[0-9a-f]{64})/.exec(holds.out)?.[1] ?? ''
    const exported = await call({ project }, 'audit', 'export')
    expect(exported.out.trim().split('\n')).toHaveLength(Number(anchor.split(':')[0]))
    const newest = await call({ project }, 'audit', 'tail', '-n', '2', '--json')
    expect(JSON.parse(newest.out).result.map((it: { seq: number }) => it.seq)).toEqual([4, 5])

    await execute(
      server.databaseUrl,
      `alter table audit_entries disable trigger all;
       update audit_entries set actor_name = 'eve' where chain = 'project:${project}' and seq = 3;
       alter table audit_entries enable trigger all`,
    )
    const broken = await call({ project }, 'audit', 'verify')
    expect(broken.out).toContain('The chain is broken at entry 3')
    expect(broken.code).toBe(EXIT.invalid)
    expect((await call({ project }, 'audit', 'verify', '--anchor', anchor)).code).toBe(EXIT.invalid)
  })
})

describe('a rollout', () => {
  it('is followed to its end, and what was decided is printed once', async () => {
    const approvals = createApprovals()
    await using other = await startServer({ rolloutPorts: approvals })
    const at = await place(other, 'watched')
    const traffic = await startTraffic(at)
    const env = {
      FLAGMARSHAL_SERVER: other.address,
      FLAGMARSHAL_TOKEN: ADMIN_TOKEN,
      FLAGMARSHAL_PROJECT: at.project,
    }
    const run = approvals.approve(at.flag)
    const started = await flagmarshal(['rollout', 'start', run], env)
    expect(started).toMatchObject({ code: EXIT.ok, err: '' })
    const id = /rollout_\w+/.exec(started.out)?.[0] ?? ''
    const watched = await flagmarshal(['rollout', 'status', id, '--watch', '--every', '100ms'], env)
    expect(watched.out).toContain('state      completed')
    expect(watched.code).toBe(EXIT.ok)
    const lines = watched.err.trim().split('\n')
    expect(new Set(lines).size).toBe(lines.length)

    const shown = await flagmarshal(['rollout', 'decisions', at.flag, '--json'], env)
    const { result } = JSON.parse(shown.out)
    expect(result).toHaveLength(lines.length)
    const ended = await flagmarshal(['rollout', 'pause', id, '--reason', 'too late'], env)
    expect(ended.code).toBe(EXIT.conflict)
    const back = await flagmarshal(['rollout', 'rollback', at.flag, '--reason', 'we want the old one'], env)
    expect(back).toMatchObject({ code: EXIT.ok, err: '' })
    const again = await flagmarshal(['rollout', 'status', at.flag, '--watch', '--every', '100ms'], env)
    expect(again.out).toContain('state      rolled_back')
    expect(again.code).toBe(EXIT.notVerified)
    expect((await flagmarshal(['rollout', 'report', at.flag], env)).out).toContain('1 of 1')
    await traffic.stop()
  })
})

describe('a failure', () => {
  beforeAll(async () => {
    await flagsThatAreOn('failures', 'one')
  })
  const project = 'failures'

  it('is 5 without a token, with one that nobody knows, and for who may not', async () => {
    const nobody = await call({ project, token: '' }, 'flag', 'list')
    expect(nobody.code).toBe(EXIT.access)
    expect(nobody.err).toContain('→ ')
    expect((await call({ project, token: 'fm_user_unknown' }, 'flag', 'list')).code).toBe(EXIT.access)
    const viewer = await server.person('viewer')
    const refused = await call({ project, token: viewer.token }, 'kill', 'one', '-e', 'staging')
    expect(refused.code).toBe(EXIT.access)
  })

  it.each([
    'flag show none',
    'feature show none',
    'rollout status none',
    'kill one -e nowhere',
    'key revoke key_none',
    'token revoke token_none',
    '--project none flag list',
  ])('is 4 for %s', async (command) => {
    const answer = await call({ project }, ...command.split(' '))
    expect(answer).toMatchObject({ code: EXIT.notFound, out: '', err: expect.stringMatching(/\w/) })
  })

  it('is 6 for what is there already', async () => {
    expect((await call({}, 'project', 'create', project)).code).toBe(EXIT.conflict)
  })

  it('is 7 for what is not valid, naming the field; with --json the problem is the result', async () => {
    const where = await file('config.json', { enabled: true, offVariant: 'off', rules: [], fallthrough: {} })
    const args = ['flag', 'set', 'one', '-e', 'staging', '-f', where]
    const wrong = await call({ project }, ...args)
    expect(wrong.code).toBe(EXIT.invalid)
    expect(wrong.err).toContain('/fallthrough/variant: This field is required.')
    const asJson = JSON.parse((await call({ project }, ...args, '--json')).out)
    expect(asJson).toMatchObject({ schema: 'flagmarshal.dev/cli/v1', problem: { status: 422 } })
  })

  it('is 2 for a wrong call, with --json in the same shape', async () => {
    const wrong = await call({ project }, 'feature', 'inputs', 'x', '--value', '{}', '--json')
    expect(wrong.code).toBe(EXIT.usage)
    expect(JSON.parse(wrong.out).problem).toMatchObject({ code: 'usage', remedy: expect.any(String) })
  })

  it('is 7 when a check of a step fails', async () => {
    const stage = await setStage(server, 'checked')
    await openRun(stage)
    const { token } = stage.developer
    const output = await file('step-1.json', { approach: 'boolean', rollout: { gradual: true } })
    const as = { project: 'checked', token }
    expect((await call(as, 'feature', 'step', stage.feature, '1', '-f', output)).code).toBe(EXIT.ok)
    const checked = await call(as, 'feature', 'check', stage.feature, '1')
    expect(checked.out).toContain('gradual-without-share')
    expect(checked.code).toBe(EXIT.invalid)
  })
})
