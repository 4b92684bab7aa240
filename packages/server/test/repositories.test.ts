/** Commits in real repositories, on disk and over HTTP. */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createRepositories } from '@flagmarshal/server/integrations/git/repositories'
import type { RepositoriesParts } from '@flagmarshal/server/integrations/git/repositories'
import { createOutgoing } from '@flagmarshal/server/integrations/http/outgoing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createRepository, serveRepository } from './support/git-repository.ts'
import type { TestRepository } from './support/git-repository.ts'

let folder: string
let repository: TestRepository
let first: string
let second: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-test-'))
  repository = await createRepository()
  first = await repository.commit('src/order.ts', 'one\n')
  second = await repository.commit('src/order.ts', 'two\n')
})
afterAll(async () => {
  await repository[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function open(more: Partial<RepositoriesParts> = {}) {
  const outgoing = createOutgoing(['127.0.0.1'], new AbortController().signal)
  return createRepositories({ folder, protocols: ['https', 'http'], outgoing, ...more })
}

describe('over HTTP', () => {
  it('P-I2 finds a commit that is not the newest, and what lies at a path in it', async () => {
    await using server = await serveRepository(repository)
    const address = `${server.address}/.git`
    const repositories = open()
    const found = await repositories.find({ repository: address, commit: first })
    expect(found).toEqual({ kind: 'found', commit: first, object: first })
    const at = async (commit: string) =>
      await repositories.find({ repository: address, commit, path: 'src/order.ts' })
    const [one, two] = [await at(first), await at(second)]
    expect(one).toMatchObject({ kind: 'found', object: expect.stringMatching(/^[0-9a-f]{40}$/) })
    expect(one.kind === 'found' && two.kind === 'found' && one.object !== two.object).toBe(true)
  })

  it('says what is not there: a commit, a path, a branch', async () => {
    await using server = await serveRepository(repository)
    const address = `${server.address}/.git`
    const repositories = open()
    const missing = await repositories.find({ repository: address, commit: 'a'.repeat(40) })
    expect(missing).toEqual({ kind: 'absent', why: `${address} has no commit ${'a'.repeat(40)}` })
    const path_ = await repositories.find({ repository: address, commit: first, path: 'src/none.ts' })
    expect(path_).toMatchObject({ kind: 'absent', why: expect.stringContaining('has no src/none.ts') })
    const branch = await repositories.find({ repository: address, commit: 'nowhere' })
    expect(branch).toMatchObject({ kind: 'absent', why: expect.stringContaining('no branch or tag nowhere') })
  })

  it('follows a branch: when it moves the object is another one', async () => {
    await using moving = await createRepository()
    await using server = await serveRepository(moving)
    const before = await moving.commit('a', '1')
    const asked = { repository: `${server.address}/.git`, commit: 'main' }
    const repositories = open()
    expect(await repositories.find(asked)).toMatchObject({ commit: before })
    const after = await moving.commit('a', '2')
    expect(await repositories.find(asked)).toMatchObject({ commit: after })
  })

  it('asks again although the commit is cached: a repository that went away is unknown', async () => {
    const server = await serveRepository(repository)
    const asked = { repository: `${server.address}/.git`, commit: first }
    const repositories = open()
    expect((await repositories.find(asked)).kind).toBe('found')
    await server[Symbol.asyncDispose]()
    expect(await repositories.find(asked)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('cannot be reached'),
    })
  })

  it('ends a git that waits for an answer that never comes', async () => {
    await using server = await serveRepository(repository)
    server.stall()
    const answer = await open({ timeoutMs: 500 }).find({
      repository: `${server.address}/.git`,
      commit: first,
    })
    expect(answer).toEqual({ kind: 'failed', why: 'git took too long' })
  })

  it('does not call addresses of the own network unless the operator allows it', async () => {
    await using server = await serveRepository(repository)
    const outgoing = createOutgoing([], new AbortController().signal)
    const answer = await open({ outgoing }).find({ repository: `${server.address}/.git`, commit: first })
    expect(answer).toMatchObject({ kind: 'refused', why: expect.stringContaining('address of this network') })
    expect(server.requests()).toBe(0)
  })
})

describe('on disk', () => {
  it('is read only where the operator allows file', async () => {
    const asked = { repository: repository.file, commit: second }
    expect(await open().find(asked)).toMatchObject({ kind: 'refused' })
    expect(await open({ protocols: ['file'] }).find(asked)).toMatchObject({ kind: 'found', object: second })
  })
})

describe('addresses made to hurt', () => {
  it.each([
    '--upload-pack=touch /tmp/hurt',
    'ext::sh -c touch% /tmp/hurt',
    'git@git.example:shop.git',
    'ssh://git.example/shop',
    '/etc',
    'https://user:secret@git.example/shop',
  ])('%s is refused', async (address) => {
    const answer = await open({ protocols: ['https', 'http', 'file'] }).find({
      repository: address,
      commit: first,
    })
    expect(answer.kind).toBe('refused')
    expect(JSON.stringify(answer)).not.toContain('secret')
  })

  it.each(['--output=/tmp/hurt', '-x', 'a b', '*'])('the commit %s is none', async (commit) => {
    const answer = await open({ protocols: ['file'] }).find({ repository: repository.file, commit })
    expect(answer).toMatchObject({ kind: 'absent' })
  })

  it('a path that looks like an option is a path', async () => {
    const answer = await open({ protocols: ['file'] }).find({
      repository: repository.file,
      commit: second,
      path: '--help',
    })
    expect(answer).toMatchObject({ kind: 'absent' })
  })
})
