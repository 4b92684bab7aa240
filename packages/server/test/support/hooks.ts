/** Small real servers and programs that hooks are asked of, with the traps of the real ones. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import type { Client } from '@flagmarshal/api'
import type { HookRun } from '@flagmarshal/api/hook'
import { Client as Postgres } from 'pg'
import { vi } from 'vitest'

import { expectOk } from '../../../../tests/support/server.ts'
import { startReceiver } from './receiver.ts'
import type { Received, Receiver } from './receiver.ts'

/** Signs what hooks send. */
export const HOOK_SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`

/** A programs' folder that is removed afterwards. */
export interface Programs extends AsyncDisposable {
  /** Writes an executable script; its path. */
  write(name: string, text: string): Promise<string>
  readonly folder: string
}

/** Makes one. */
export async function makePrograms(): Promise<Programs> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-hooks-'))
  return {
    folder,
    async write(name, text) {
      const file = path.join(folder, name)
      await writeFile(file, text)
      await chmod(file, 0o755)
      return file
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Waits until a run stands so. */
export async function hookRunAt(
  client: Client,
  project: string,
  hookRun: string,
  ...states: readonly HookRun['state'][]
): Promise<HookRun> {
  return await vi.waitFor(
    async () => {
      const run = expectOk(await client.call('showHookRun', { params: { project, hookRun } }))
      if (!states.includes(run.state))
        throw new Error(`${run.state}: ${run.problem ?? JSON.stringify(run.phases)}`)
      return run
    },
    { timeout: 30_000, interval: 50 },
  )
}

/** GitHub's workflow API: 204 unless `tells`, 422 on the wish for details unless it knows it, limits at will. */
export interface Github extends Receiver {
  readonly runs: { readonly id: number; readonly title: string; conclusion: string | null }[]
  readonly dispatched: Record<string, unknown>[]
  /** The next answers, before anything else. */
  readonly limits: (readonly [status: number, headers: Record<string, string>])[]
  /** What runs end with. */
  conclusion: string
  /** How often a run is looked at before it has ended. */
  slow: number
}

/** Starts it; `knows` names how it answers the wish for the details of a run. */
export async function startGithub(knows: 'details' | 'no-details' | 'refuses'): Promise<Github> {
  const looked = new Map<number, number>()
  const receiver = await startReceiver((request, response) => {
    const limit = github.limits.shift()
    const [status, body, headers] = limit === undefined ? answer(request) : [limit[0], {}, limit[1]]
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body === undefined ? '' : JSON.stringify(body))
  })
  const github: Github = Object.assign(receiver, {
    runs: [],
    dispatched: [],
    limits: [],
    conclusion: 'success',
    slow: 1,
  })
  return github

  function answer({
    method,
    path: at,
    headers,
    body,
  }: Received): readonly [number, unknown?, Record<string, string>?] {
    if (headers['authorization'] !== 'Bearer gh-token') return [401, { message: 'Bad credentials' }]
    const url = new URL(at, 'http://github')
    const rest = url.pathname.replace('/repos/shop/checkout', '')
    if (rest === '/actions/workflows/rollback.yml') return [200, { state: 'active' }]
    if (rest === '/commits/main') return [200, { sha: 'a'.repeat(40) }]
    if (rest === '/actions/workflows/rollback.yml/runs') {
      return [200, { workflow_runs: github.runs.map(({ id, title }) => view(id, title)) }]
    }
    const run = /^\/actions\/runs\/(\d+)$/.exec(rest)?.[1]
    if (run !== undefined) return [200, look(Number(run))]
    if (method !== 'POST' || rest !== '/actions/workflows/rollback.yml/dispatches') return [404, {}]
    const sent = JSON.parse(body)
    if ('return_run_details' in sent && knows === 'refuses') return [422, { message: 'unknown field' }]
    github.dispatched.push(sent)
    const id = 1_000 + github.runs.length
    github.runs.push({ id, title: `Rollback ${sent.inputs.rollback_id}`, conclusion: null })
    return knows === 'details' ? [200, { workflow_run_id: id }] : [204]
  }

  function view(id: number, title: string) {
    return { id, name: 'Rollback', display_title: title, status: 'queued', conclusion: null }
  }

  function look(id: number) {
    const count = (looked.get(id) ?? 0) + 1
    looked.set(id, count)
    const over = count > github.slow
    return {
      ...view(id, ''),
      html_url: `https://github.example/runs/${id}`,
      status: over ? 'completed' : 'in_progress',
      conclusion: over ? github.conclusion : null,
    }
  }
}

/** A data hook over HTTP that puts a real table back, as its contract says. */
export interface DataHook extends AsyncDisposable {
  readonly url: string
  readonly asked: { readonly phase: string; readonly id: string; readonly key: string }[]
  /** Runs a statement on the table's database. */
  sql(statement: string): Promise<Record<string, unknown>[]>
  /** Answers nothing to the next request of a phase and keeps the connection open. */
  hangs: string | undefined
}

/** Starts it on a database with a table `orders` of which three rows were harmed. */
export async function startDataHook(databaseUrl: string): Promise<DataHook> {
  const database = new Postgres({ connectionString: databaseUrl })
  database.on('error', () => undefined)
  await database.connect()
  const sql = async (statement: string) => (await database.query(statement)).rows
  await sql('create table orders (id int primary key, total int not null, before int)')
  await sql('insert into orders select it, it * 10, null from generate_series(1, 100) it')
  await sql('update orders set before = total, total = 0 where id in (7, 8, 9)')
  const checksum = async () =>
    String(
      (await sql(`select md5(string_agg(id || ':' || total, ',' order by id)) as sum from orders`))[0]?.[
        'sum'
      ],
    )
  const expected = async () =>
    String(
      (
        await sql(
          `select md5(string_agg(id || ':' || coalesce(before, total), ',' order by id)) as sum from orders`,
        )
      )[0]?.['sum'],
    )
  const hook: Omit<DataHook, 'url'> = {
    asked: [],
    sql,
    hangs: undefined,
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]()
      await database.end()
    },
  }
  const receiver = await startReceiver((request, response) => {
    const { data } = JSON.parse(request.body)
    hook.asked.push({ phase: data.phase, id: request.headers['webhook-id'] ?? '', key: data.key })
    if (made.hangs === data.phase) return
    void answer(data.phase).then((result) => response.end(JSON.stringify(result)))
  })
  const made: DataHook = Object.assign(hook, { url: receiver.url })
  return made

  async function answer(phase: string) {
    const checksumBefore = await checksum()
    const harmed = 'before is not null'
    if (phase === 'plan') {
      const [row] = await sql(`select count(*)::int as rows from orders where ${harmed}`)
      return {
        reversible: true,
        rows: row?.['rows'],
        checksumBefore,
        checksumAfter: await expected(),
        durationMs: 1,
      }
    }
    if (phase === 'verify') {
      return { reversible: true, rows: 0, checksumBefore, checksumAfter: checksumBefore, durationMs: 1 }
    }
    const put = await sql(`update orders set total = before, before = null where ${harmed} returning id`)
    return {
      reversible: true,
      rows: put.length,
      checksumBefore,
      checksumAfter: await checksum(),
      durationMs: 1,
    }
  }
}
