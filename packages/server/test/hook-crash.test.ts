/** Killing the server while it runs a hook: the run goes on elsewhere, with the same key, and says so. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { expect, it } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { HOOK_SECRET, hookRunAt, makePrograms, startGithub } from './support/hooks.ts'
import { startMortal } from './support/mortal.ts'
import { startReceiver } from './support/receiver.ts'

const project = 'shop'

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'R12 a hook whose server ends by %s is neither lost nor silently run twice',
  async (signal) => {
    await using database = await createDatabase()
    await using programs = await makePrograms()
    const back = await programs.write(
      'back',
      '#!/bin/sh\n[ "$1" = probe ] && exit 0\necho "$HOOK_KEY $HOOK_REPEATED" >> "$(dirname "$0")/calls"\n[ "$HOOK_REPEATED" = 1 ] || sleep 30\n',
    )
    let holds = true
    await using receiver = await startReceiver((_, response) => {
      if (!holds) response.end('ok')
    })
    await using github = await startGithub('no-details')
    github.slow = 1_000_000
    const settings = { FLAGMARSHAL_HOOK_PROGRAMS: back }
    await using server = await startMortal(database.url, { settings })
    const { admin } = server
    expectOk(await admin.call('createProject', { body: { key: project, name: 'Shop' } }))
    const probe = { kind: 'command' as const, program: back, args: ['probe'] }
    const actions = {
      program: { kind: 'command' as const, program: back, args: ['{version}'] },
      request: { kind: 'http' as const, url: receiver.url },
      workflow: {
        kind: 'github' as const,
        api: github.url,
        repository: 'shop/checkout',
        workflow: 'rollback.yml',
        ref: 'main',
        inputs: { rollback_id: '{key}' },
      },
    }
    const runs: string[] = []
    for (const [key, action] of Object.entries(actions)) {
      const staging = { action, probe, budgetMs: 120_000 }
      const secret = key === 'workflow' ? 'gh-token' : HOOK_SECRET
      const body = { key, title: key, part: 'code' as const, production: staging, staging, secret }
      expectOk(await admin.call('createHook', { params: { project }, body }))
      const wish = { mode: 'run' as const, target: 'staging' as const, goBackTo: '1.4.2' }
      runs.push(expectOk(await admin.call('runHook', { params: { project, hook: key }, body: wish })).id)
    }
    const calls = async () => await readFile(path.join(programs.folder, 'calls'), 'utf8').catch(() => '')
    await expect.poll(calls, { timeout: 20_000 }).toContain(`${runs[0]} 0`)
    await receiver.until(1)
    await expect.poll(() => github.dispatched.length, { timeout: 20_000 }).toBe(1)
    await server.die(signal)
    holds = false
    github.slow = 0

    await server.rise()
    for (const id of runs) {
      const done = await hookRunAt(admin, project, id, 'succeeded')
      expect(done.repeats, 'it says that a phase was begun again').toBeGreaterThan(0)
    }
    expect((await calls()).split('\n').filter((it) => it.startsWith(`${runs[0]} `))).toContain(`${runs[0]} 1`)
    const ids = receiver.received.map((it) => it.headers['webhook-id'])
    expect(new Set(ids)).toEqual(new Set([`${runs[1]}_0`]))
    expect(github.dispatched, 'the workflow was found by its key, not dispatched again').toHaveLength(1)
    expect(expectOk(await admin.call('verifyAudit', { params: { project } })).ok).toBe(true)
  },
)
