/** Documents in real git repositories: somebody else pushes, the remote is away, addresses that may not be used. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { createGitDocs } from '@flagmarshal/server/integrations/git-docs/store'
import { createOutgoing } from '@flagmarshal/server/integrations/http/outgoing'
import type { DocumentCommit } from '@flagmarshal/server/integrations/interfaces'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { serveGit } from './support/git-http.ts'
import { createRepository, gitIn } from './support/repository.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-docs-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const outgoing = createOutgoing(['127.0.0.1'])
const newStore = () => createGitDocs({ folder, outgoing })
let count = 0

function wanted(change: Partial<DocumentCommit> = {}): DocumentCommit {
  count += 1
  return {
    id: `publication_${count}`,
    project: `shop-${count}`,
    branch: 'main',
    message: `docs: number ${count}\n\nFeature: new-checkout\n`,
    at: new Date('2026-03-02T10:00:00Z'),
    folder: 'features/new-checkout',
    files: [{ path: 'features/new-checkout/strategy.md', content: `# Strategy ${count}\n` }],
    edits: [],
    ...change,
  }
}

describe('the documentation repository', () => {
  it('P-S6-5 is a bare one under the data directory unless another is named', async () => {
    const store = newStore()
    const first = wanted()
    const stored = await store.store(first)
    const repository = store.builtIn(first.project)
    expect(stored).toEqual({ kind: 'stored', commit: (await gitIn(repository, 'rev-parse', 'main')).trim() })
    expect(await gitIn(repository, 'show', 'main:features/new-checkout/strategy.md')).toBe(
      `# Strategy ${count}\n`,
    )
    expect(await gitIn(repository, 'log', '--format=%an <%ae>|%cn|%aI', 'main')).toBe(
      'Flagmarshal <flagmarshal@localhost>|Flagmarshal|2026-03-02T10:00:00+00:00\n',
    )
  })

  it('makes no commit where nothing changed, and takes out what is no document any more', async () => {
    const store = newStore()
    const first = wanted({
      files: [
        { path: 'features/new-checkout/strategy.md', content: 'one\n' },
        { path: 'features/new-checkout/alert-old.md', content: 'old\n' },
      ],
    })
    const one = await store.store(first)
    expect(await store.store({ ...first, id: 'again' })).toEqual(one)
    await store.store({ ...first, id: 'less', files: first.files.slice(0, 1) })
    const repository = store.builtIn(first.project)
    expect(await gitIn(repository, 'ls-tree', '-r', '--name-only', 'main')).toBe(
      'features/new-checkout/strategy.md\n',
    )
    expect((await gitIn(repository, 'rev-list', '--count', 'main')).trim()).toBe('2')
  })

  it('P-S6-3 keeps what others wrote in a runbook, byte for byte, CRLF included', async () => {
    await using remote = await createRepository()
    await remote.commit({ 'ops/runbook.md': '# Ours\r\n\r\nCall Otto.\r\n', 'other.txt': 'kept\n' })
    const edit = (present: Buffer | undefined) =>
      Buffer.concat([present ?? Buffer.alloc(0), Buffer.from('added\r\n')])
    await newStore().store(wanted({ remote: remote.address, edits: [{ path: 'ops/runbook.md', edit }] }))
    expect(await remote.read('ops/runbook.md')).toBe('# Ours\r\n\r\nCall Otto.\r\nadded\r\n')
    expect(await remote.read('other.txt')).toBe('kept\n')
  })

  it('P-S6-5 starts anew from what somebody else pushed meanwhile, and never forces', async () => {
    await using remote = await createRepository()
    await remote.commit({ 'other.txt': '0\n' })
    let others = 0
    const edit = () => Buffer.from(`seen ${others}\n`)
    const intrude = () => {
      // Between reading and pushing, so that the first two attempts come too late.
      if (others < 2) pushNow(remote.folder, ++others)
      return edit()
    }
    const slow = wanted({ remote: remote.address, edits: [{ path: 'ops/runbook.md', edit: intrude }] })
    expect(await newStore().store(slow)).toMatchObject({ kind: 'stored' })
    expect(others).toBe(2)
    expect(await remote.read('ops/runbook.md')).toBe('seen 2\n')
    expect((await remote.messages()).map((it) => it.split('\n')[0])).toEqual([
      expect.stringMatching(/^docs: number/),
      'intruder 2',
      'intruder 1',
      'by hand',
    ])
  })

  it('gives up after four attempts on a branch that never stands still', async () => {
    await using remote = await createRepository()
    await remote.commit({ 'other.txt': '0\n' })
    let others = 0
    const edit = () => {
      pushNow(remote.folder, ++others)
      return Buffer.from('never\n')
    }
    const stored = await newStore().store(wanted({ remote: remote.address, edits: [{ path: 'a.md', edit }] }))
    expect(stored).toMatchObject({ kind: 'failed', why: expect.stringContaining('4 attempts') })
    expect(others).toBe(4)
  })

  it('takes eight publications of two servers at the same moment, all of them', async () => {
    await using remote = await createRepository()
    await remote.commit({ 'other.txt': '0\n' })
    const servers = ['a', 'b'].map((it) => createGitDocs({ folder: path.join(folder, it), outgoing }))
    let retries = 0
    const one = async (index: number) => {
      const name = `feature-${index}`
      const commit = wanted({
        remote: remote.address,
        folder: `features/${name}`,
        files: [{ path: `features/${name}/strategy.md`, content: `${name}\n` }],
      })
      for (;;) {
        const stored = await servers[index % 2]?.store(commit)
        if (stored?.kind === 'stored') return
        expect(stored).toMatchObject({ kind: 'failed', why: expect.stringContaining('attempts') })
        retries += 1
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, index) => one(index)))
    expect(retries).toBeLessThan(20)
    for (let index = 0; index < 8; index++)
      expect(await remote.read(`features/feature-${index}/strategy.md`)).toBe(`feature-${index}\n`)
    expect((await remote.messages()).length).toBe(9)
  })

  it('says that the remote is away, and works once it is back', async () => {
    await using remote = await createRepository()
    await rename(remote.folder, `${remote.folder}.away`)
    const store = newStore()
    const commit = wanted({ remote: remote.address })
    expect(await store.store(commit)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('cannot be read'),
    })
    await rename(`${remote.folder}.away`, remote.folder)
    expect(await store.store(commit)).toMatchObject({ kind: 'stored' })
  })

  it('P-S6-5 is reached over HTTP too, and a redirect is followed nowhere', async () => {
    await using remote = await createRepository()
    await remote.commit({ 'other.txt': 'kept\n' })
    await using over = await serveGit(remote.folder)
    const commit = wanted({ remote: over.address })
    const stored = await newStore().store(commit)
    expect(stored).toMatchObject({ kind: 'stored' })
    expect(await remote.read('features/new-checkout/strategy.md')).toBe(commit.files[0]?.content)
    expect(over.asked.at(-1)).toBe('POST /docs.git/git-receive-pack')
    await using redirecting = await serveGit(remote.folder, over.address)
    const before = over.asked.length
    const refused = await newStore().store(wanted({ remote: redirecting.address }))
    expect(refused).toMatchObject({ kind: 'failed' })
    expect(over.asked.length).toBe(before)
  })

  it('says within its time that a server takes the connection and then says nothing', async () => {
    const sockets: net.Socket[] = []
    const silent = net.createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const bound = silent.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    const strict = createGitDocs({ folder, outgoing, networkMs: 1_500 })
    const stored = await strict.store(wanted({ remote: `http://127.0.0.1:${port}/docs.git` }))
    expect(stored).toMatchObject({ kind: 'failed', why: expect.stringContaining('longer than 1.5 s') })
    const stopping = new AbortController()
    const stopped = createGitDocs({ folder, outgoing, signal: stopping.signal })
    const running = stopped.store(wanted({ remote: `http://127.0.0.1:${port}/docs.git` }))
    await vi.waitFor(() => expect(sockets.length).toBe(2), { timeout: 10_000, interval: 20 })
    stopping.abort()
    expect(await running).toMatchObject({ kind: 'failed', why: expect.stringContaining('stops') })
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })

  it('refuses a path that is no file there', async () => {
    await using remote = await createRepository()
    await remote.commit({ 'ops/runbook.md': 'x\n' })
    const edits = [{ path: 'ops', edit: () => Buffer.from('x') }]
    expect(await newStore().store(wanted({ remote: remote.address, edits }))).toMatchObject({
      kind: 'refused',
    })
  })

  it('R16 calls nobody whom the server may not call, and runs no program that an address names', async () => {
    const strict = createGitDocs({ folder, outgoing: createOutgoing([]) })
    for (const remote of ['file:///tmp/x.git', 'http://127.0.0.1:1/x.git', 'ssh://git@10.0.0.1/x.git'])
      expect(await strict.store(wanted({ remote }))).toMatchObject({ kind: 'refused' })
    const store = newStore()
    for (const remote of [
      'ext::sh -c "touch /tmp/never"',
      'https://user:secret@git.example/x.git',
      'ssh://-oProxyCommand=x/x.git',
      'ssh://$(x)@git.example/x.git',
      'https://git.example/x.git?y#z',
    ]) {
      expect(store.faultOf(remote)).toEqual(expect.any(String))
      const stored = await store.store(wanted({ remote }))
      expect(stored).toMatchObject({ kind: 'refused' })
      expect(JSON.stringify(stored)).not.toContain('secret')
    }
  })
})

/** A commit straight into a bare repository, at once. */
function pushNow(repository: string, number: number): void {
  const git = (args: readonly string[], input?: string) =>
    execFileSync('git', ['-C', repository, ...args], { ...(input === undefined ? {} : { input }), env: WHO })
      .toString()
      .trim()
  const blob = git(['hash-object', '-w', '--stdin'], `${number}\n`)
  const kept = git(['ls-tree', 'main'])
    .split('\n')
    .filter((it) => !it.endsWith('\tother.txt'))
  const tree = git(['mktree'], [...kept, `100644 blob ${blob}\tother.txt`, ''].join('\n'))
  const commit = git(['commit-tree', tree, '-p', 'main', '-m', `intruder ${number}`])
  git(['update-ref', 'refs/heads/main', commit])
}

const WHO = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  GIT_AUTHOR_NAME: 'Otto',
  GIT_AUTHOR_EMAIL: 'otto@shop.example',
  GIT_COMMITTER_NAME: 'Otto',
  GIT_COMMITTER_EMAIL: 'otto@shop.example',
}
