/** The documents of a run over HTTP: complete, published to real git, drifted, recorded. */
import { rename } from 'node:fs/promises'

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import {
  approveAll,
  approvedRun,
  askForApproval,
  goThrough,
  openRun,
  publishDocuments,
  setStage,
} from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'
import { createRepository } from './support/repository.ts'
import type { Repository } from './support/repository.ts'

let server: TestServer
let count = 0

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
})
afterAll(() => server.close())

const newStage = (): Promise<Stage> => setStage(server, `docs-${++count}`)

async function runAt(stage: Stage, step: number): Promise<string> {
  const run = await openRun(stage)
  for (let number = 1; number < step; number++) await goThrough(stage, run, number)
  return run
}

async function publishTo(stage: Stage, remote: Repository, runbooks: readonly string[] = []): Promise<void> {
  const body = { remote: remote.address, path: 'docs/features', runbooks: [...runbooks] }
  expectOk(await server.admin.call('writeDocumentation', { params: { project: stage.project }, body }))
}

async function documentsOf({ developer, project }: Stage, run: string) {
  return expectOk(await developer.client.call('listDocuments', { params: { project, run } }))
}

async function checkOf({ developer, project }: Stage, run: string, id: string) {
  const params = { project, run, step: 6 }
  const { items } = expectOk(await developer.client.call('runChecks', { params }))
  return items.find((it) => it.id === id)
}

async function textOf(
  { developer, project }: Stage,
  run: string,
  document: string,
  format: 'markdown' | 'json',
) {
  const params = { project, run, document }
  return expectOk(await developer.client.call('showDocument', { params, query: { format } }))
}

async function bundleOf({ developer, project }: Stage, run: string) {
  return expectOk(await developer.client.call('showBundle', { params: { project, run } }))
}

describe('documents', () => {
  it('P-S6-1 P-S6-2 P-S6-4 are built from the live facts, with a twin for machines', async () => {
    const stage = await newStage()
    const run = await runAt(stage, 6)
    const { items } = await documentsOf(stage, run)
    expect(items.filter((it) => it.findings.length > 0)).toEqual([])
    expect(items.map((it) => it.name)).toContain('alert-errors')
    const flag = await textOf(stage, run, 'flag-configuration', 'markdown')
    expect(flag).toContain('# Flag configuration: new-checkout')
    expect(flag).toContain('State when published')
    expect(flag).toContain('production: test (server)')
    const plan = await textOf(stage, run, 'rollout-plan', 'markdown')
    expect(plan).toContain('25 %, 50 %, 100 %')
    const twin: { hash: string; document: { sections: { id: string }[] } } = JSON.parse(
      await textOf(stage, run, 'rollout-plan', 'json'),
    )
    expect(twin.document.sections.map((it) => it.id)).toContain('stages')
    expect(plan).toContain(`sha256=${twin.hash}`)
    const strange = { project: stage.project, run, document: 'nothing' }
    expect(
      expectProblem(await stage.developer.client.call('showDocument', { params: strange, query: {} })).status,
    ).toBe(404)
  })

  it('P-S6-6 cannot be published while a fact is missing, and the answer names it', async () => {
    const stage = await newStage()
    const run = await runAt(stage, 5)
    const params = { project: stage.project, run }
    const problem = expectProblem(await stage.developer.client.call('publishDocuments', { params }))
    expect(problem).toMatchObject({ status: 409, code: 'documents-incomplete' })
    expect(problem.detail).toContain('rollback')
    expect(
      (await documentsOf(stage, run)).items.find((it) => it.name === 'rollback-procedures'),
    ).toMatchObject({
      state: 'incomplete',
    })
    await goThrough(stage, run, 5)
    expect((await publishDocuments(stage, run)).state).toBe('published')
  })

  it('P-S6-5 hold the step until they are published; link and commit are the evidence', async () => {
    await using remote = await createRepository()
    const stage = await newStage()
    await publishTo(stage, remote)
    const run = await runAt(stage, 6)
    expect((await checkOf(stage, run, 'P-S6-5'))?.state).toBe('unknown')
    const job = await publishDocuments(stage, run)
    expect(job).toMatchObject({ remote: remote.address, path: 'docs/features/new-checkout', revision: 1 })
    const check = await checkOf(stage, run, 'P-S6-5')
    expect(check).toMatchObject({ state: 'pass', facts: { commit: job.commit, remote: remote.address } })
    const [message] = await remote.messages()
    expect(message).toContain('\nFeature: new-checkout\n')
    expect(message).toContain(`\nFlagmarshal-Plan-Hash: ${job.bundleHash}\n`)
    expect(message).toContain(`\nFlagmarshal-Audit-Head: ${job.auditHead?.count}:${job.auditHead?.hash}`)
    const anchor = job.auditHead ?? { count: 0, hash: '' }
    const params = { project: stage.project }
    const verified = expectOk(await server.admin.call('verifyAudit', { params, body: { anchor } }))
    expect(verified.ok).toBe(true)
    const strategy = await remote.read('docs/features/new-checkout/strategy.md')
    expect(strategy).toContain(`| Bundle | \`${job.bundleHash}\` |`)
  })

  it('P-S6-3 put their sections into an existing runbook and leave the rest as it was', async () => {
    await using remote = await createRepository()
    const before = '# Runbook of the shop\r\n\r\nCall Otto first.\r\n'
    await remote.commit({ 'ops/runbook.md': before })
    const stage = await newStage()
    await publishTo(stage, remote, ['ops/runbook.md'])
    const run = await runAt(stage, 6)
    await publishDocuments(stage, run)
    expect((await checkOf(stage, run, 'P-S6-3'))?.state).toBe('pass')
    const once = await remote.read('ops/runbook.md')
    expect(once.startsWith(before)).toBe(true)
    expect(once.match(/flagmarshal:begin new-checkout\/[a-z-]+/g)).toEqual([
      'flagmarshal:begin new-checkout/flag-management',
      'flagmarshal:begin new-checkout/rollout-monitoring',
      'flagmarshal:begin new-checkout/rollback',
    ])
    expect(once.replaceAll('\r\n', '')).not.toContain('\n')
    await remote.commit({ 'ops/runbook.md': `${once}\r\nAnd Paula.\r\n` })
    await publishDocuments(stage, run)
    expect(await remote.read('ops/runbook.md')).toBe(`${once}\r\nAnd Paula.\r\n`)
    await remote.commit({
      'ops/runbook.md': once.replace('<!-- flagmarshal:end new-checkout/rollback -->', ''),
    })
    const params = { project: stage.project, run }
    const { id } = expectOk(await stage.developer.client.call('publishDocuments', { params }))
    await vi.waitFor(async () => {
      const at = { ...params, publication: id }
      const job = expectOk(await stage.developer.client.call('showPublication', { params: at }))
      expect(job).toMatchObject({ state: 'failed', progress: expect.stringContaining('markers') })
    }, 20_000)
  })

  it('P-S6-6 drift when the live configuration changes; the check, the list and the step say so', async () => {
    const stage = await newStage()
    const run = await runAt(stage, 6)
    await publishDocuments(stage, run)
    expect((await checkOf(stage, run, 'P-S6-6'))?.state).toBe('pass')
    await changeFlag(stage)
    for (const step of [2, 3, 4, 5]) await goThrough(stage, run, step)
    const check = await checkOf(stage, run, 'P-S6-6')
    expect(check?.state).toBe('fail')
    expect(check?.findings.join(' ')).toContain('/flag/environments/')
    const { items, drift } = await documentsOf(stage, run)
    expect(drift.length).toBe(1)
    expect(items.find((it) => it.name === 'flag-configuration')?.state).toBe('stale')
    expect(items.find((it) => it.name === 'work-plan')?.state).toBe('published')
    await publishDocuments(stage, run)
    expect((await checkOf(stage, run, 'P-S6-6'))?.state).toBe('pass')
  })

  it('P-S7-11 neither drift nor change the hash when a flag is enabled or killed, or published again', async () => {
    const stage = await newStage()
    const { run, hash } = await approvedRun(stage)
    const place = { project: stage.project, flag: 'new-checkout', environment: 'production' }
    const reason = 'a test'
    expectOk(await stage.developer.client.call('killFlag', { params: place, body: { reason } }))
    expect((await documentsOf(stage, run)).drift).toEqual([])
    expect(await bundleOf(stage, run)).toMatchObject({ hash, approved: true })
    await publishDocuments(stage, run)
    expect(await bundleOf(stage, run)).toMatchObject({ hash, approved: true, differs: [] })
    expect((await checkOf(stage, run, 'P-S6-6'))?.state).toBe('pass')
  })

  it('P-S7-3 are in the bundle by hash: publishing another text opens step 6 again and voids approvals', async () => {
    const stage = await newStage()
    const { run, hash } = await approvedRun(stage)
    const { bundle } = await bundleOf(stage, run)
    const { items } = await documentsOf(stage, run)
    for (const item of items.filter((it) => it.state !== 'record')) {
      expect(JSON.stringify(bundle)).toContain(item.hash)
      expect(item.publishedHash).toBe(item.hash)
    }
    await changeFlag(stage)
    expect(await bundleOf(stage, run)).toMatchObject({ approved: false })
    for (const step of [2, 3, 4, 5, 6]) await goThrough(stage, run, step)
    const again = await askForApproval(stage, run)
    expect(again).not.toBe(hash)
    await approveAll(stage, run, again)
    expect(await bundleOf(stage, run)).toMatchObject({ hash: again, approved: true })
  })

  it('P-S7-8 store the approval record with the final revision beside them, and the exit record at the end', async () => {
    await using remote = await createRepository()
    const stage = await newStage()
    await publishTo(stage, remote)
    const { run, hash } = await approvedRun(stage)
    const folder = 'docs/features/new-checkout'
    await vi.waitFor(
      async () => expect(await remote.read(`${folder}/approval-record.md`)).toContain(hash),
      20_000,
    )
    const record = await remote.read(`${folder}/approval-record.md`)
    for (const { id } of [stage.technicalLead, stage.operationsLead, stage.productOwner])
      expect(record).toContain(id)
    expect(await remote.read(`${folder}/strategy.md`)).toContain(`| Bundle | \`${hash}\` |`)
    expect(await bundleOf(stage, run)).toMatchObject({ hash, approved: true })
    const params = { project: stage.project, run }
    expectOk(await stage.operationsLead.client.call('scheduleRun', { params, body: {} }))
    await vi.waitFor(
      async () => expect(await remote.read(`${folder}/exit-record.md`)).toContain('Completed'),
      20_000,
    )
    expect(await bundleOf(stage, run)).toMatchObject({ hash, approved: true })
  })

  it('wait for a remote that is away, say so, and are published once it is back', async () => {
    await using remote = await createRepository()
    const stage = await newStage()
    await publishTo(stage, remote)
    const run = await runAt(stage, 6)
    await rename(remote.folder, `${remote.folder}.away`)
    const params = { project: stage.project, run }
    const { id } = expectOk(await stage.developer.client.call('publishDocuments', { params }))
    const show = async () =>
      expectOk(
        await stage.developer.client.call('showPublication', { params: { ...params, publication: id } }),
      )
    await vi.waitFor(async () => expect((await show()).progress).toContain('cannot be read'), 20_000)
    expect(expectOk(await stage.developer.client.call('publishDocuments', { params })).id).toBe(id)
    await rename(`${remote.folder}.away`, remote.folder)
    await vi.waitFor(async () => expect((await show()).state).toBe('published'), 20_000)
    expect((await show()).attempts).toBeGreaterThan(1)
  })

  it('are stored once by a server that dies between the push and writing it down, and by the one after it', async () => {
    await using remote = await createRepository()
    const stage = await newStage()
    await publishTo(stage, remote)
    const run = await runAt(stage, 6)
    const job = await publishDocuments(stage, run)
    const database = new Client({ connectionString: server.databaseUrl })
    await database.connect()
    await database.query(
      `update publications set state = 'publishing', ended_at = null, result = null, next_at = now() where id = $1`,
      [job.id],
    )
    await database.query(`select pg_notify('flagmarshal_publication', '')`)
    await database.end()
    const params = { project: stage.project, run, publication: job.id }
    await vi.waitFor(async () => {
      const again = expectOk(await stage.developer.client.call('showPublication', { params }))
      expect(again).toMatchObject({ state: 'published', commit: job.commit, attempts: 2 })
    }, 20_000)
    expect((await remote.messages()).length).toBe(1)
  })

  it('refuse an address with a password, and a path out of the repository', async () => {
    const stage = await newStage()
    const params = { project: stage.project }
    for (const body of [
      { remote: 'https://user:secret@git.example/docs.git' },
      { remote: 'ext::sh -c x' },
      { path: '../out' },
      { path: 'docs/.git' },
      { branch: 'a..b' },
    ]) {
      const problem = expectProblem(await server.admin.call('writeDocumentation', { params, body }))
      expect({ body, status: problem.status }).toEqual({ body, status: 422 })
    }
    expect(expectOk(await server.admin.call('showDocumentation', { params }))).toMatchObject({
      remote: null,
      revision: 0,
    })
  })
})

/** Changes the flag's baseline in an environment that nobody guards. */
async function changeFlag({ developer, project }: Stage): Promise<void> {
  const { client } = developer
  const params = { project, flag: 'new-checkout', environment: 'staging' }
  const { revision, enabled, offVariant } = expectOk(await client.call('getFlagConfig', { params }))
  const body = { enabled, offVariant, rules: [], fallthrough: { variant: 'on' } }
  expectOk(await client.call('configureFlag', { params, body, ifMatch: revision }))
}
