/** Inputs, uploads and code references by command line, against a real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { flagmarshal } from './support/program.ts'

let server: TestServer
let folder: string
let developer: TestPerson
let technicalLead: TestPerson

beforeAll(async () => {
  server = await startServer()
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-cli-'))
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'shop' } }))
  developer = await server.person('developer')
  technicalLead = await server.person('technical-lead')
  const operationsLead = await server.person('operations-lead')
  const productOwner = await server.person('product-owner')
  expectOk(
    await developer.client.call('createFeature', {
      params: { project: 'shop' },
      body: {
        key: 'checkout',
        name: 'Checkout',
        team: 'shop',
        ticket: { none: 'none' },
        roles: {
          technicalLead: [technicalLead.id],
          operationsLead: [operationsLead.id],
          productOwner: [productOwner.id],
        },
        flag: 'new-checkout',
        layers: ['backend'],
      },
    }),
  )
  const body = { triggers: [{ kind: 'feature_ready' as const, state: 'ready' as const, source: 'a test' }] }
  const params = { project: 'shop', feature: 'checkout' }
  expectOk(await developer.client.call('startRun', { params, body }))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function run(who: TestPerson, ...args: string[]) {
  const env = {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: who.token,
    FLAGMARSHAL_PROJECT: 'shop',
  }
  return await flagmarshal(args, env)
}

async function file(name: string, content: string | object): Promise<string> {
  const place = path.join(folder, name)
  await writeFile(place, typeof content === 'string' ? content : JSON.stringify(content))
  return place
}

describe('uploads', () => {
  it('are kept and shown with the tests in them', async () => {
    const results = await file('qa.xml', '<testsuite><testcase name="pays"/></testsuite>')
    const added = await run(developer, 'upload', 'add', results)
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('1 of 1 passed') })
    const hash = /^[0-9a-f]{64}/m.exec(added.out)?.[0] ?? ''
    expect(await run(developer, 'upload', 'show', hash)).toMatchObject({
      code: 0,
      out: expect.stringContaining('qa.xml'),
    })
    expect((await run(developer, 'upload', 'add', path.join(folder, 'none'))).code).toBe(2)
  })

  it('P-I1 a file beside the JSON is uploaded, and its hash takes its place', async () => {
    await file('requirements.md', 'A shopper pays.')
    const inputs = await file('inputs.json', {
      'P-I1': {
        value: { reference: { kind: 'upload', file: 'requirements.md' }, acceptanceCriteria: ['pays'] },
      },
    })
    const given = await run(developer, 'feature', 'inputs', 'checkout', '--file', inputs)
    expect(given.code).toBe(0)
    expect(given.out).toMatch(/P-I1 .*provided +machine/)
    expect(given.out).toMatch(/P-I2 .*missing .*P-R5: .*\[technical-lead-\d+, by \d{4}-\d\d-\d\d\]/)
  })
})

describe('inputs that are not there', () => {
  it('P-I-CHECK an unreachable repository is overridden by the Technical Lead and by nobody else', async () => {
    const reference = { kind: 'git', repository: 'http://127.0.0.1:9/shop', commit: 'a'.repeat(40) }
    const value = JSON.stringify({ layers: [{ layer: 'backend', reference }] })
    const given = await run(developer, 'feature', 'inputs', 'checkout', '--set', 'P-I2', '--value', value)
    expect(given.out).toMatch(/P-I2 .*unknown/)
    const override = ['feature', 'override', 'checkout', 'P-I2', '--reason', 'behind a firewall']
    expect((await run(developer, ...override)).code).toBe(5)
    expect((await run(technicalLead, ...override)).code).toBe(0)
    const looked = await run(developer, 'feature', 'look', 'checkout')
    expect(looked.out).toMatch(/P-I2 .*provided +overridden .*behind a firewall/)
  })

  it('P-R1 who gets an input, and by when, is agreed', async () => {
    const remedy = ['feature', 'remedy', 'checkout', 'P-I3', '--owner', 'qa', '--due', '2099-01-01']
    expect(await run(technicalLead, ...remedy)).toMatchObject({
      code: 0,
      out: expect.stringContaining('[qa, by 2099-01-01]'),
    })
    expect((await run(technicalLead, ...remedy.slice(0, -1), 'soon')).code).toBe(2)
  })
})

it('P-S2-2 code references are uploaded and listed', async () => {
  const references = await file('references.json', {
    repo: 'https://git.example/shop',
    sha: 'b'.repeat(40),
    refs: [{ file: 'order.ts', line: 3, layer: 'backend' }],
  })
  expect(await run(developer, 'flag', 'references', 'new-checkout', '--file', references)).toMatchObject({
    code: 0,
    out: expect.stringContaining('order.ts:3'),
  })
})
