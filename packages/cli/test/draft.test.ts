/** Drafts by command line: two people, from a refused change to a published one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { ADMIN_TOKEN, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'

let server: TestServer
let developer: TestPerson
let lead: TestPerson
let folder: string

beforeAll(async () => {
  server = await startServer()
  developer = await server.person('developer')
  lead = await server.person('technical-lead')
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-drafts-'))
  await said(undefined, 'project', 'create', 'shop')
  await said(undefined, 'flag', 'create', 'banner', '--owner', 'shop', '--layer', 'backend', '--kind', 'ops')
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function call(by: TestPerson | undefined, ...args: readonly string[]) {
  return await flagmarshal(args, {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: by?.token ?? ADMIN_TOKEN,
    FLAGMARSHAL_PROJECT: 'shop',
  })
}

async function said(by: TestPerson | undefined, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await call(by, ...args)
  expect({ code, err }).toEqual({ code: EXIT.ok, err: '' })
  return out
}

async function json(by: TestPerson, ...args: readonly string[]) {
  return JSON.parse(await said(by, '--json', ...args)).result
}

const production = ['-e', 'production']

it('a change that production refuses is saved, asked for, approved by another and published', async () => {
  const refused = await call(developer, 'flag', 'on', 'banner', ...production)
  expect(refused.code).toBe(EXIT.gateClosed)
  expect(refused.err).toContain('flagmarshal draft save banner -e production')

  const save = ['draft', 'save', 'banner', ...production, '--serve', 'on', '--why', 'the sale begins']
  const draft = await json(developer, ...save)
  expect(draft).toMatchObject({ state: 'draft', raises: true })
  expect(await said(developer, 'draft', 'request', draft.id)).toContain(lead.id)
  expect(await said(lead, 'draft', 'list')).toContain('waiting')
  expect(await said(lead, 'attention')).toContain(`flagmarshal draft show ${draft.id}`)
  const shown = await said(lead, 'draft', 'show', draft.id)
  expect(shown).toContain('technical-lead or operations-lead or product-owner: missing')
  expect(shown).toContain('the sale begins')
  const rows = await json(lead, 'draft', 'diff', draft.id)
  expect(rows).toMatchObject([
    { label: 'State', live: 'off', proposed: 'on', changes: true, moved: false },
    { label: 'Otherwise', live: 'off', proposed: 'on' },
  ])
  expect(await said(lead, 'draft', 'diff', draft.id)).toMatch(/State +– +off +on/)

  const own = await call(developer, 'draft', 'approve', draft.id)
  expect(own).toMatchObject({ code: EXIT.access, err: expect.stringContaining('had a hand in') })
  const comment = ['--comment', 'only for half of them']
  expect(await said(lead, 'draft', 'request-changes', draft.id, ...comment)).toContain('changes requested')
  const early = await call(developer, 'draft', 'publish', draft.id)
  expect(early.code).toBe(EXIT.conflict)

  const file = path.join(folder, 'config.json')
  const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
  const config = { enabled: true, offVariant: 'off', rules: [], fallthrough: { allocation: { ranges } } }
  await writeFile(file, JSON.stringify(config))
  const again = await said(
    developer,
    'draft',
    'save',
    'banner',
    ...production,
    '-f',
    file,
    '--draft',
    draft.id,
  )
  expect(again).toContain('(stale: another content)')
  await said(developer, 'draft', 'request', draft.id)
  const stale = await call(lead, 'draft', 'approve', draft.id, '--hash', draft.hash)
  expect(stale.err).toContain('you name')
  expect(await said(lead, 'draft', 'approve', draft.id)).toContain('approved')
  expect(await said(developer, 'draft', 'publish', draft.id)).toContain('live in production as revision 2')
  expect(await said(developer, 'flag', 'show', 'banner')).toMatch(/production +on/)
  expect(await said(developer, 'draft', 'list')).toContain('Nothing here yet')
  expect(await said(developer, 'draft', 'list', '--all', '--flag', 'banner')).toContain('published')
})

it('a segment is changed by a draft, a draft is given up, and what is missing is named', async () => {
  await said(developer, 'segment', 'create', 'testers', '--include', 'ann')
  const file = path.join(folder, 'segment.json')
  await writeFile(file, JSON.stringify({ include: ['ann', 'bob'] }))
  const save = ['draft', 'save', 'testers', '--segment', ...production, '-f', file]
  expect((await call(developer, ...save)).err).toContain('--why')
  const draft = await json(developer, ...save, '--why', 'Bob joins')
  expect(draft).toMatchObject({ raises: false, subject: { kind: 'segment', key: 'testers' } })
  expect(await said(developer, 'draft', 'diff', draft.id)).toMatch(/Included +– +1: ann +2: ann, bob/)
  await said(developer, 'draft', 'discard', draft.id, '--reason', 'not now')
  const late = await call(developer, 'draft', 'request', draft.id)
  expect(late).toMatchObject({ code: EXIT.conflict, err: expect.stringContaining('discarded') })
  expect((await call(developer, 'draft', 'save', 'banner', ...production, '--why', 'x')).code).toBe(
    EXIT.usage,
  )
  const staging = await call(developer, 'draft', 'save', 'banner', '-e', 'staging', '--on', '--why', 'x')
  expect(staging.err).toContain('not protected')
})
