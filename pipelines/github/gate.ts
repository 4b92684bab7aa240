/**
 * The step of the GitHub Action: asks a gate by the command line, and says the answer where GitHub
 * shows it: outputs, the summary of the job and, if wished, a comment of the pull request. Exits 3
 * while the gate is closed, and as the command does for anything else.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import type { Gate } from '@flagmarshal/api/procedure-run'

const CLOSED = 3
/** What the command line exits with when the time of `--wait` ran out: the gate is closed then. */
const TIMED_OUT = 8

const { env } = process
const asked = {
  feature: required('GATE_FEATURE'),
  gate: env['GATE_NAME'] ?? 'plan-approved',
  server: required('FLAGMARSHAL_SERVER').replace(/\/+$/, ''),
  project: required('FLAGMARSHAL_PROJECT'),
}
const url = `${asked.server}/p/${asked.project}/f/${asked.feature}`

const { code, out } = await ask()
const gate = gateIn(out)
if (gate === undefined) process.exitCode = code === 0 ? 1 : code
else {
  say(gate)
  if (env['GATE_COMMENT'] === 'true') await comment(gate)
  process.exitCode = gate.open ? 0 : code === TIMED_OUT ? CLOSED : code
}

/** Runs `gate check`; its words for people go on to the log. */
async function ask(): Promise<{ readonly code: number; readonly out: string }> {
  const main = path.resolve(import.meta.dirname, '../../packages/cli/src/main.ts')
  const wait = env['GATE_WAIT'] ?? ''
  const args = ['--json', 'gate', 'check', asked.feature, '--gate', asked.gate]
  const child = spawn(process.execPath, [main, ...args, ...(wait === '' ? [] : ['--wait', wait])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const parts: string[] = []
  child.stdout.setEncoding('utf8').on('data', (part: string) => parts.push(part))
  const ended = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code: ended ?? 1, out: parts.join('') }
}

/** The gate in what was printed; undefined where the command failed before it had one. */
function gateIn(printed: string): Gate | undefined {
  if (printed.trim() === '') return undefined
  const { result } = JSON.parse(printed) as { readonly result?: Gate }
  return result
}

function say(answer: Gate): void {
  const blocked = answer.blockers.map((it) => it.message).join('\n')
  const outputs = { open: String(answer.open), state: answer.state, 'blocked-by': blocked, url }
  for (const [name, value] of Object.entries(outputs)) {
    // A delimiter that no value can hold: a message cannot set another output.
    const end = `end_${randomUUID()}`
    append('GITHUB_OUTPUT', `${name}<<${end}\n${value}\n${end}\n`)
  }
  append('GITHUB_STEP_SUMMARY', `${summary(answer)}\n`)
}

/** The same as Markdown, for people. */
function summary({ open, state, notes, blockers, nextActions }: Gate): string {
  const head = `### ${open ? '✅' : '⛔'} [${asked.gate} of ${asked.feature}](${url}) is ${open ? 'open' : 'closed'} (${cell(state)})`
  const table = blockers.map(
    (it) => `| ${cell(it.message)} | ${cell(it.remedy)} | ${cell(it.who.join(', '))} |`,
  )
  return [
    head,
    ...notes.map((it) => `> ${cell(it)}`),
    ...(table.length === 0 ? [] : ['| blocked by | what to do | who |', '| --- | --- | --- |', ...table]),
    ...nextActions.map(
      (it) => `- ${cell(it.title)} (${cell(it.who.join(', ')) || 'anybody'}): \`${it.command}\``,
    ),
  ].join('\n')
}

function cell(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
}

/** One comment of the pull request, written anew each time. A failure is said and changes nothing. */
async function comment(answer: Gate): Promise<void> {
  const number = pullRequest()
  if (number === undefined) return
  const marker = `<!-- flagmarshal ${asked.project}/${asked.feature}/${asked.gate} -->`
  const api = env['GITHUB_API_URL'] ?? 'https://api.github.com'
  const base = `${api}/repos/${required('GITHUB_REPOSITORY')}/issues`
  try {
    const there = (await github('GET', `${base}/${number}/comments?per_page=100`)) as readonly {
      readonly id: number
      readonly body?: string
    }[]
    const own = there.find((it) => it.body?.startsWith(marker) === true)
    const body = { body: `${marker}\n${summary(answer)}` }
    if (own === undefined) await github('POST', `${base}/${number}/comments`, body)
    else await github('PATCH', `${base}/comments/${own.id}`, body)
  } catch (error) {
    process.stderr.write(`::warning::The comment was not written: ${String(error)}\n`)
  }
}

async function github(method: string, address: string, body?: object): Promise<unknown> {
  const answer = await fetch(address, {
    method,
    headers: {
      authorization: `Bearer ${env['GITHUB_TOKEN'] ?? ''}`,
      accept: 'application/vnd.github+json',
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status}`)
  return await answer.json()
}

/** The number of the pull request that the job runs for. */
function pullRequest(): number | undefined {
  const file = env['GITHUB_EVENT_PATH']
  if (file === undefined) return undefined
  const event = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly pull_request?: { readonly number?: number }
  }
  return event.pull_request?.number
}

function append(name: string, text: string): void {
  const file = env[name]
  if (file === undefined) process.stdout.write(text)
  else appendFileSync(file, text)
}

function required(name: string): string {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  process.stderr.write(`${name} is not set.\n`)
  process.exit(2)
}
