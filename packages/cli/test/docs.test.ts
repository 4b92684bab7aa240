/** Documents, the exported bundle and its verification, by the command line alone. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { goThrough, openRun, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { createRepository } from '../../server/test/support/repository.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import type { Ended } from './support/shell.ts'

let server: TestServer
let stage: Stage
let folder: string

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
  stage = await setStage(server, 'docs')
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-cli-docs-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string) => path.join(folder, name)

/** As the developer of the stage, or as the administrator. */
async function call(token: string, ...args: readonly string[]): Promise<Ended> {
  const env = {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: token,
    FLAGMARSHAL_PROJECT: stage.project,
  }
  return await flagmarshal(args, env)
}

/** Without any server, token or project. */
const offline = (...args: readonly string[]) =>
  flagmarshal(args, { FLAGMARSHAL_SERVER: 'http://127.0.0.1:1' })

describe('docs', () => {
  it('P-S6-5 P-S6-6 are built, published to a repository and shown to drift', async () => {
    await using remote = await createRepository()
    const { token } = stage.developer
    const admin = await server.person('administrator')
    const set = await call(
      admin.token,
      'docs',
      'repository',
      '--remote',
      remote.address,
      '--path',
      'docs/features',
    )
    expect(set).toMatchObject({ code: EXIT.ok })
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4]) await goThrough(stage, run, step)
    const early = await call(token, 'docs', 'publish', stage.feature)
    expect(early).toMatchObject({ code: EXIT.conflict, err: expect.stringContaining('rollback') })
    expect((await call(token, 'docs', 'build', stage.feature)).code).toBe(EXIT.invalid)
    await goThrough(stage, run, 5)

    const built = await call(token, 'docs', 'build', stage.feature, '--out', at('docs'))
    expect(built).toMatchObject({ code: EXIT.ok, out: expect.stringContaining('Not published yet.') })
    expect(await readdir(at('docs'))).toContain('rollout-plan.md')
    const published = await call(token, '--json', 'docs', 'publish', stage.feature)
    expect(published.code).toBe(EXIT.ok)
    const { commit } = JSON.parse(published.out).result
    expect((await remote.messages())[0]).toContain('Flagmarshal-Audit-Head: ')
    expect(await remote.read('docs/features/new-checkout/rollout-plan.md')).toContain('# Rollout plan')
    expect(commit).toMatch(/^[0-9a-f]{40}$/)

    const flag = { params: { project: stage.project, flag: 'new-checkout', environment: 'staging' } }
    const { revision } = expectOk(await stage.developer.client.call('getFlagConfig', flag))
    const body = { enabled: false, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
    expectOk(await stage.developer.client.call('configureFlag', { ...flag, body, ifMatch: revision }))
    const drifted = await call(token, 'docs', 'build', stage.feature)
    expect(drifted).toMatchObject({ code: EXIT.drift, out: expect.stringContaining('/flag/environments/') })
    const shown = await call(token, 'docs', 'show', stage.feature, 'work-plan')
    expect(shown.out).toContain('# Work plan: New checkout')
  })

  it('P-PL6 names the work plan by its own verb, apart from the rollout plan', async () => {
    const plan = await call(stage.developer.token, '--json', 'docs', 'show', stage.feature, 'work-plan')
    expect(JSON.parse(plan.out)).toMatchObject({
      name: 'work-plan',
      document: { title: 'Work plan: New checkout' },
    })
    expect((await call(stage.developer.token, 'docs', 'show', stage.feature, 'nothing')).code).toBe(
      EXIT.notFound,
    )
  })

  it('P-O1 P-A2 exports the bundle, and verifies it offline; a changed one ends with 7 and names the file', async () => {
    const zip = at('bundle.zip')
    const made = await call(stage.developer.token, 'feature', 'bundle', stage.feature, '--export', zip)
    expect(made).toMatchObject({ code: EXIT.ok, out: expect.stringContaining('audit verify --file') })
    const verified = await offline('audit', 'verify', '--file', zip)
    expect(verified).toMatchObject({ code: EXIT.ok, out: expect.stringContaining('is as it was exported') })

    const entries = unzipSync(await readFile(zip))
    const evidence = Object.keys(entries).find((it) => it.startsWith('evidence/')) ?? ''
    for (const file of ['audit/chain.jsonl', 'documents/strategy.md', evidence, 'manifest.json']) {
      const text = strFromU8(entries[file] ?? new Uint8Array())
      const tampered = zipSync({
        ...entries,
        [file]: strToU8(`${text} `),
      })
      await writeFile(at('tampered.zip'), tampered)
      const found = await offline('audit', 'verify', '--file', at('tampered.zip'))
      expect(found.code).toBe(EXIT.invalid)
      expect(found.out).toContain(file)
    }
    await writeFile(at('broken.zip'), 'no zip')
    expect((await offline('audit', 'verify', '--file', at('broken.zip'))).code).toBe(EXIT.usage)
  })

  it('P-A2 verifies an exported chain offline, against an anchor too', async () => {
    const { project, developer } = stage
    const lines = await developer.client.call('exportAudit', { params: { project } })
    if (!lines.ok) throw new Error(lines.problem.detail)
    const file = at('chain.jsonl')
    await writeFile(file, lines.body)
    const good = await offline('--project', project, '--json', 'audit', 'verify', '--file', file)
    expect(good.code).toBe(EXIT.ok)
    const { head } = JSON.parse(good.out).result
    const cut = lines.body.trimEnd().split('\n').slice(0, -1).join('\n')
    await writeFile(file, `${cut}\n`)
    expect((await offline('--project', project, 'audit', 'verify', '--file', file)).code).toBe(EXIT.ok)
    const anchor = `${head.count}:${head.hash}`
    const found = await offline('--project', project, 'audit', 'verify', '--file', file, '--anchor', anchor)
    expect(found).toMatchObject({ code: EXIT.invalid, out: expect.stringContaining('tail is missing') })
    await writeFile(file, lines.body.replace('flag.create', 'flag.change'))
    const edited = await offline('--project', project, 'audit', 'verify', '--file', file)
    expect(edited).toMatchObject({ code: EXIT.invalid, out: expect.stringContaining('edited') })
  })
})
