/** Gates in pipelines: the GitHub Action's own script, the GitLab job, and what Flagger and Argo Rollouts send. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { breakOpen, openRun, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import {
  addFeature,
  createApprovals,
  place,
  QUICK,
  start,
  until,
} from '../../server/test/support/rollouts.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const approvals = createApprovals()
let server: TestServer
let stage: Stage
let token: string
let folder: string

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
  stage = await setStage(server, 'piped')
  const made = await server.admin.call('createServiceToken', {
    params: { project: 'piped' },
    body: { name: 'pipeline' },
  })
  token = expectOk(made).token
  folder = await mkdtemp(path.join(os.tmpdir(), 'fm-pipelines-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly said: string
}

async function execute(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Ended> {
  const settings = {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_PROJECT: 'piped',
    FLAGMARSHAL_TOKEN: token,
  }
  const PATH = process.env['PATH'] ?? ''
  return await new Promise((resolve) => {
    execFile(command, [...args], { env: { PATH, ...settings, ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: out + err })
    })
  })
}

/** Runs the script of the action as a runner does; its outputs and its summary. */
async function act(env: Record<string, string> = {}) {
  const [output, summary] = ['output', 'summary'].map((it) => path.join(folder, it))
  if (output === undefined || summary === undefined) throw new Error('no files')
  await Promise.all([writeFile(output, ''), writeFile(summary, '')])
  const ended = await execute(process.execPath, [path.join(root, 'pipelines/github/gate.ts')], {
    GATE_FEATURE: stage.feature,
    GATE_NAME: 'plan-approved',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    ...env,
  })
  const written = await readFile(output, 'utf8')
  const outputs = [...written.matchAll(/^([a-z-]+)<<(end_[0-9a-f-]+)\n([\s\S]*?)\n\2$/gm)]
  return {
    ...ended,
    outputs: Object.fromEntries(outputs.map(([, name, , value]) => [name, value])),
    summary: await readFile(summary, 'utf8'),
  }
}

describe('the GitHub Action', () => {
  it('declares what its script reads and writes', async () => {
    const action = parse(await readFile(path.join(root, 'pipelines/github/action.yml'), 'utf8'))
    expect(action.runs.using).toBe('composite')
    expect(Object.keys(action.outputs)).toEqual(['open', 'state', 'blocked-by', 'url'])
    const [, , ask] = action.runs.steps
    const script = await readFile(path.join(root, 'pipelines/github/gate.ts'), 'utf8')
    for (const name of Object.keys(ask.env).filter((it) => it !== 'FLAGMARSHAL_TOKEN'))
      expect(script, name).toContain(`'${name}'`)
    for (const [, input] of JSON.stringify(ask.env).matchAll(/inputs\.([a-z-]+)/g))
      expect(Object.keys(action.inputs)).toContain(input)
    for (const step of action.runs.steps.filter((it: { run?: string }) => it.run !== undefined))
      expect(step.shell).toBe('bash')
  })

  it('exits 3 while the gate is closed, with outputs, a summary, and one comment that is written anew', async () => {
    const comments = new Map<number, string>()
    const github = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        if (request.headers.authorization !== 'Bearer gh') return response.writeHead(401).end('{}')
        const sent = parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString())
        const id = Number(/comments\/(\d+)$/.exec(request.url ?? '')?.[1] ?? comments.size + 1)
        if (sent !== undefined) comments.set(id, sent.body)
        return response.end(JSON.stringify([...comments].map(([number, body]) => ({ id: number, body }))))
      })
    })
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve))
    const { port } = github.address() as AddressInfo
    const event = path.join(folder, 'event.json')
    await writeFile(event, JSON.stringify({ pull_request: { number: 7 } }))
    const commented = {
      GATE_COMMENT: 'true',
      GITHUB_TOKEN: 'gh',
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: 'shop/web',
      GITHUB_EVENT_PATH: event,
    }
    try {
      const closed = await act(commented)
      expect(closed.code, closed.said).toBe(3)
      expect(closed.outputs).toMatchObject({
        open: 'false',
        state: 'no-run',
        'blocked-by': expect.stringContaining('has no run'),
        url: `${server.address}/p/piped/f/${stage.feature}`,
      })
      expect(closed.summary).toContain('| blocked by | what to do | who |')
      expect(closed.summary).toContain('flagmarshal feature start')
      expect((await act(commented)).code).toBe(3)
      expect([...comments.values()]).toEqual([expect.stringContaining('is closed')])
      const badly = await act({ ...commented, GITHUB_TOKEN: 'none' })
      expect(badly).toMatchObject({ code: 3, said: expect.stringContaining('::warning::') })
    } finally {
      github.close()
    }
  })

  it('exits as the command does where nothing can be asked, and 3 when the time runs out', async () => {
    expect(await act({ FLAGMARSHAL_TOKEN: 'fm_service_none' })).toMatchObject({ code: 5, outputs: {} })
    expect((await act({ GATE_FEATURE: 'nothing' })).code).toBe(4)
    expect((await act({ GATE_WAIT: '1s' })).code).toBe(3)
  })
})

describe('an open gate', () => {
  beforeAll(async () => {
    await openRun(stage)
    await breakOpen(stage)
  })

  it('P-O3 lets the action, the GitLab job, Flagger and Argo Rollouts go on', async () => {
    expect(await act()).toMatchObject({ code: 0, outputs: { open: 'true', 'blocked-by': '' } })

    const template = parse(await readFile(path.join(root, 'pipelines/gitlab/gate.yml'), 'utf8'))
    const { script, variables } = template['.flagmarshal-gate']
    const GATE_COMMAND = `${process.execPath} ${path.join(root, 'packages/cli/src/main.ts')}`
    const job = { ...variables, GATE_COMMAND, GATE_FEATURE: stage.feature }
    expect((await execute('bash', ['-c', script.join('\n')], job)).code).toBe(0)
    expect((await execute('bash', ['-c', script.join('\n')], { ...job, GATE_NAME: 'stage:1' })).code).toBe(3)

    const base = `${server.address}/api/v1/projects/piped/features/${stage.feature}/gate`
    expect(await hooked(`${base}/confirm`, 'plan-approved')).toBe(200)
    expect(await hooked(`${base}/confirm`, 'stage:1')).toBe(403)
    const metric = await fetch(`${base}?gate=plan-approved`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await metric.json()).toMatchObject({ open: true })
  })
})

/** What Flagger sends to a hook: fields of its own, and the token as the user part of the address. */
async function hooked(address: string, gate: string, password = token): Promise<number> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`flagger:${password}`).toString('base64')}`,
    },
    body: JSON.stringify({
      name: 'shop',
      namespace: 'prod',
      phase: 'Progressing',
      checksum: '85d557f47b',
      metadata: { gate },
    }),
  })
  return answer.status
}

describe('a hook that takes success for "roll back"', () => {
  it('hears no while all is well, unknown or not allowed, and yes once the rollout rolls back', async () => {
    const at = { ...(await place(server, 'back')), server }
    await addFeature(at)
    const address = `${server.address}/api/v1/projects/back/features/back/gate/rollback`
    const made = await server.admin.call('createServiceToken', {
      params: { project: 'back' },
      body: { name: 'flagger' },
    })
    const own = expectOk(made).token
    expect(await hooked(address, 'plan-approved', own), 'no rollout').toBe(409)
    const rollout = await start(at, approvals.approve('back', { ...QUICK, observeWindows: 600 }))
    await until(at, rollout, (it) => it.state === 'observing')
    expect(await hooked(address, 'plan-approved', own), 'all is well').toBe(409)
    expect(await hooked(address, 'plan-approved', 'fm_service_none'), 'not allowed').toBe(401)
    expect(await hooked(address.replace('features/back', 'features/none'), 'x', own)).toBeGreaterThan(399)

    const body = { reason: 'orders are lost' }
    expectOk(await server.admin.call('rollbackRollout', { params: { project: 'back', rollout }, body }))
    await expect.poll(() => hooked(address, 'plan-approved', own)).toBe(200)
  })
})
