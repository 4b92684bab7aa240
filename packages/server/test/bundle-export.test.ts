/** The exported bundle: everything in it, and nothing in it that can be changed unnoticed. */
import { createHash } from 'node:crypto'

import { canonical } from '@flagmarshal/domain/audit/canonical'
import { append, EMPTY_HEAD } from '@flagmarshal/domain/audit/entry'
import type { Entry } from '@flagmarshal/domain/audit/entry'
import { verifyExport } from '@flagmarshal/domain/audit/verify-export'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { approvedRun, setStage } from './support/procedure.ts'
import type { Stage } from './support/procedure.ts'

let server: TestServer
let stage: Stage
let run: string
let hash: string
let files: ReadonlyMap<string, string>

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'export')
  ;({ run, hash } = await approvedRun(stage))
  files = await exported()
})
afterAll(() => server.close())

async function exported(): Promise<ReadonlyMap<string, string>> {
  const params = { project: stage.project, run }
  const zip = expectOk(await stage.developer.client.call('exportBundle', { params }))
  return new Map(Object.entries(unzipSync(zip)).map(([file, content]) => [file, strFromU8(content)]))
}

/** What is found once a file says something else; undefined takes it away. */
function changed(file: string, change: (text: string) => string | undefined): readonly string[] {
  const copy = new Map(files)
  const text = change(copy.get(file) ?? '')
  if (text === undefined) copy.delete(file)
  else copy.set(file, text)
  return verifyExport({ files: copy }, sha256).findings.map((it) => it.file)
}

/** The manifest made anew for changed files, as somebody who covers his tracks would. */
function resealed(change: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const copy = new Map([...files, ...change])
  const manifest = JSON.parse(copy.get('manifest.json') ?? '{}')
  copy.delete('manifest.json')
  const sums = Object.fromEntries([...copy].map(([file, text]) => [file, sha256(text)]))
  return copy.set('manifest.json', `${canonical({ ...manifest, files: sums })}\n`)
}

const findingsOf = (them: ReadonlyMap<string, string>) => verifyExport({ files: them }, sha256).findings

describe('P-O1 the exported bundle', () => {
  it('P-O1 holds documents, evidence, approvals, the audit chain and how to verify them', () => {
    const names = [...files.keys()]
    expect(names).toEqual(
      expect.arrayContaining([
        'manifest.json',
        'README.md',
        `bundles/${hash}.json`,
        'documents/rollout-plan.md',
        'documents/rollout-plan.json',
        'records/approval-record.md',
        'approvals.json',
        'publications.json',
        'audit/chain.jsonl',
      ]),
    )
    expect(names.filter((it) => it.startsWith('evidence/')).length).toBeGreaterThan(20)
    expect(verifyExport({ files }, sha256)).toMatchObject({ findings: [], bundleHash: hash, approvals: 3 })
    expect(files.get('README.md')).toContain('flagmarshal audit verify --file')
  })

  it('is the same bytes while nothing has changed', async () => {
    const params = { project: stage.project, run }
    const [one, other] = await Promise.all(
      [1, 2].map(async () => expectOk(await stage.developer.client.call('exportBundle', { params }))),
    )
    expect(one).toEqual(other)
  })

  it('is not there for a run of another project', async () => {
    const params = { project: 'elsewhere', run }
    expect(expectProblem(await stage.developer.client.call('exportBundle', { params })).status).toBe(404)
  })

  it('P-A2 names the file, whichever of them has one character changed, is missing or added', () => {
    for (const file of files.keys()) {
      const edit = (text: string) => text.replace(/[a-z](?=[^a-z]*$)/, (it) => (it === 'x' ? 'y' : 'x'))
      expect(changed(file, edit)).toContain(file)
      expect(changed(file, () => undefined)).not.toEqual([])
    }
    expect(changed('evidence/more.json', () => '{}')).toContain('evidence/more.json')
  })

  it('P-A2 finds what was changed by somebody who made the manifest fit', () => {
    const alter = (file: string, from: string | RegExp, to: string) =>
      findingsOf(resealed(new Map([[file, (files.get(file) ?? '').replace(from, to)]]))).map((it) => it.file)
    expect(alter(`bundles/${hash}.json`, '"ceiling":0.02', '"ceiling":0.9')).toContain(`bundles/${hash}.json`)
    expect(alter('documents/rollout-plan.md', '2 %', '90 %')).toContain('documents/rollout-plan.md')
    const evidence = [...files.keys()].find((it) => it.startsWith('evidence/')) ?? ''
    expect(
      alter(evidence, '"state"', '"State"').length + alter(evidence, '"by"', '"By"').length,
    ).toBeGreaterThan(0)
    expect(alter('approvals.json', stage.productOwner.id, 'somebody')).toContain('approvals.json')
    expect(alter('audit/chain.jsonl', 'flag.create', 'flag.update')).toContain('audit/chain.jsonl')
    const chain = (files.get('audit/chain.jsonl') ?? '').split('\n').slice(0, -2).join('\n')
    expect(findingsOf(resealed(new Map([['audit/chain.jsonl', `${chain}\n`]])))[0]?.problem).toContain(
      'tail is missing',
    )
  })

  it('P-A2 finds a chain that was rewritten whole, by the heads that were anchored in commits', () => {
    const forged = forge((entry) => ({ ...entry, actor: { ...entry.actor, name: 'somebody else' } }))
    const manifest = JSON.parse(files.get('manifest.json') ?? '{}')
    const head = { count: forged.length, hash: forged.at(-1)?.hash ?? '' }
    const copy = new Map(resealed(new Map([['audit/chain.jsonl', linesOf(forged)]])))
    const sealed = { ...JSON.parse(copy.get('manifest.json') ?? '{}'), audit: { ...manifest.audit, head } }
    copy.set('manifest.json', `${canonical(sealed)}\n`)
    expect(findingsOf(copy)[0]?.problem).toContain('rewritten')

    // Without what the server wrote down of its commits, only an anchor from elsewhere helps.
    const bare = new Map(copy)
    bare.set('publications.json', '{"items":[]}\n')
    const sums = { ...sealed.files, 'publications.json': sha256('{"items":[]}\n') }
    bare.set('manifest.json', `${canonical({ ...sealed, files: sums })}\n`)
    expect(findingsOf(bare)).toEqual([])
    const anchor = manifest.audit.head
    expect(verifyExport({ files: bare, anchor }, sha256).findings[0]?.problem).toContain('rewritten')
  })
})

/** A whole chain with other entries, every hash made to fit. */
function forge(change: (entry: Entry) => Entry): Entry[] {
  const chain = `project:${stage.project}`
  const entries: Entry[] = (files.get('audit/chain.jsonl') ?? '')
    .split('\n')
    .filter((it) => it !== '')
    .map((it) => JSON.parse(it))
  const made: Entry[] = []
  for (const entry of entries) {
    const last = made.at(-1)
    const head = last === undefined ? EMPTY_HEAD : { count: last.seq, hash: last.hash }
    made.push(append(chain, head, change(entry), sha256))
  }
  return made
}

function linesOf(entries: readonly Entry[]): string {
  return entries.map((it) => `${JSON.stringify(it)}\n`).join('')
}
