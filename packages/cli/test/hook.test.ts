/** `hook …` and `rollback hook|report` against a real server and a real program. */
import path from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { makePrograms } from '../../server/test/support/hooks.ts'
import type { Programs } from '../../server/test/support/hooks.ts'
import { setStage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import type { Ended } from './support/shell.ts'

let server: TestServer
let programs: Programs
let back: string

beforeAll(async () => {
  programs = await makePrograms()
  back = await programs.write('back', '#!/bin/sh\n[ "$1" = bad ] && exit 4\necho "at $1"\n')
  server = await startServer({ settings: { FLAGMARSHAL_HOOK_PROGRAMS: back } })
})
afterAll(async () => {
  await server.close()
  await programs[Symbol.asyncDispose]()
})

async function call(token: string, ...args: readonly string[]): Promise<Ended> {
  return await flagmarshal(args, {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: token,
    FLAGMARSHAL_PROJECT: 'shop',
  })
}

it('P-S5-3 hook create, dry-run, run, change and show; a rollback without one says so', async () => {
  const stage = await setStage(server, 'shop')
  const admin = await server.person('administrator')
  const { token } = stage.developer
  const command = { kind: 'command', program: back, args: ['{version}', '{phase}'] }
  const target = { action: command, probe: { ...command, args: ['probe'] }, budgetMs: 5_000 }
  const define = async (name: string, more: object) => {
    const file = path.join(programs.folder, name)
    await programs.write(name, JSON.stringify({ part: 'code', title: 'Back', production: target, ...more }))
    return file
  }
  const file = await define('hook.json', { staging: target })
  expect((await call(admin.token, 'hook', 'create', 'deploy-back', '--file', file)).code).toBe(EXIT.ok)
  const dry = await call(token, 'hook', 'dry-run', 'deploy-back', '--to', '1.4.2', '--target', 'production')
  expect(dry.err).toContain('✓ dry-run: at 1.4.2')
  const run = await call(token, '--json', 'hook', 'run', 'deploy-back', '--to', '1.4.2')
  expect(run.code).toBe(EXIT.ok)
  const { id, state } = JSON.parse(run.out).result
  expect(state).toBe('succeeded')
  expect((await call(token, 'hook', 'show-run', id)).out).toMatch(/apply +✓ +at 1\.4\.2/)
  const failed = await call(token, 'hook', 'run', 'deploy-back', '--to', 'bad')
  expect(failed.code).toBe(EXIT.notVerified)
  expect(failed.out).toContain('failed: apply: it ended with 4')

  const second = await define('second.json', { staging: { none: 'one machine' } })
  expect((await call(admin.token, 'hook', 'change', 'deploy-back', '--file', second)).out).toContain(
    'version 2',
  )
  expect((await call(token, 'hook', 'list')).out).toMatch(/deploy-back +2 +code +command +none/)
  expect((await call(token, 'hook', 'show', 'deploy-back', '--version-number', '1')).out).toContain(
    'version 1',
  )

  const started = await call(token, '--json', 'rollback', 'start', 'new-checkout', '--reason', 'a test')
  const rollback = JSON.parse(started.out).result.id
  const none = await call(stage.operationsLead.token, 'rollback', 'hook', rollback, 'code')
  expect(none.err).toContain('The approved procedures name no hook for code.')
  expect((await call(token, 'rollback', 'report', rollback)).out).toContain('# Rollback of new-checkout')
})
