/**
 * Hooks that are workflows of GitHub: dispatched once for each run of the hook, found again by its key
 * in the name of the workflow's run, and watched until they end.
 * https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
 *
 * Newer servers answer 200 with the run, older ones and GitHub Enterprise 204 without it, or refuse the
 * wish for it with 400 or 422; secondary limits come as 403 or 429 with the time to wait.
 */
import { retryAfterMs } from '@flagmarshal/domain/signal/retry'
import { z } from 'zod'

import type { AskHook, HookAnswer, HookCall, Outgoing, OutgoingResult } from '../interfaces.ts'
import { jsonOf } from './http.ts'

export interface GithubAction {
  readonly kind: 'github'
  readonly api: string
  readonly repository: string
  readonly workflow: string
  readonly ref: string
  readonly inputs: Readonly<Record<string, string>>
}

type Call = HookCall<GithubAction>
type Failed = Exclude<HookAnswer, { kind: 'done' }>
type Asked = { readonly kind: 'answered'; readonly status: number; readonly json: unknown } | Failed

const Dispatched = z.object({ workflow_run_id: z.int() })
const WorkflowRun = z.object({
  id: z.int(),
  name: z.string().nullish(),
  display_title: z.string().nullish(),
  html_url: z.string().optional(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
})
const Found = z.object({ workflow_runs: z.array(WorkflowRun) })
const Workflow = z.object({ state: z.string() })

/** Limits are waited for at least this long. */
const LIMITED_MS = 1_000

/** Dispatches a workflow and waits for its end. */
export function githubHook(outgoing: Outgoing): AskHook<GithubAction> {
  return async (call) => {
    if (call.phase === 'dry-run') return await tryOut(outgoing, call)
    // What was dispatched before, by a server that did not live to hear of it, is not dispatched again.
    const before = call.repeated ? await findRun(outgoing, call) : undefined
    if (before !== undefined && typeof before !== 'number') return before
    const run = before ?? (await dispatch(outgoing, call))
    return typeof run === 'number' ? await untilEnded(outgoing, call, run) : run
  }
}

/** The workflow is active and the ref is there; nothing is started. */
async function tryOut(outgoing: Outgoing, call: Call): Promise<HookAnswer> {
  const { workflow, ref } = call.action
  const found = await ask(outgoing, call, { path: `/actions/workflows/${workflow}` })
  if (found.kind !== 'answered') return found
  const state = Workflow.safeParse(found.json).data?.state
  if (found.status !== 200 || state === undefined) return failed(`the workflow ${workflow}`, found.status)
  if (state !== 'active') return { kind: 'failed', why: `the workflow ${workflow} is ${state}` }
  const commit = await ask(outgoing, call, { path: `/commits/${encodeURIComponent(ref)}` })
  if (commit.kind !== 'answered') return commit
  return commit.status === 200
    ? { kind: 'done', said: `the workflow ${workflow} is active and ${ref} is there; it was not dispatched` }
    : failed(`the ref ${ref}`, commit.status)
}

/** The id of the run that was dispatched. */
async function dispatch(outgoing: Outgoing, call: Call): Promise<number | Failed> {
  const { workflow, ref, inputs } = call.action
  const path = `/actions/workflows/${workflow}/dispatches`
  const body = { ref, inputs }
  let answer = await ask(outgoing, call, { path, body: { ...body, return_run_details: true } })
  if (answer.kind === 'answered' && (answer.status === 400 || answer.status === 422)) {
    answer = await ask(outgoing, call, { path, body })
  }
  if (answer.kind === 'failed') {
    // The answer was lost, not necessarily the dispatch.
    const run = await findRun(outgoing, call)
    return typeof run === 'number' ? run : answer
  }
  if (answer.kind === 'stopped') return answer
  if (answer.status !== 200 && answer.status !== 204) return failed('the dispatch', answer.status)
  const told = Dispatched.safeParse(answer.json).data?.workflow_run_id
  if (told !== undefined) return told
  for (;;) {
    const run = await findRun(outgoing, call)
    if (run !== undefined) return run
    if (call.stopping.aborted) return { kind: 'stopped' }
    if (call.left() <= pauseOf(call)) {
      const why = 'it was dispatched and no run of it with the key in its name was seen: set run-name'
      return { kind: 'failed', why }
    }
    await call.sleep(pauseOf(call))
  }
}

/** The run that carries the key in its name. */
async function findRun(outgoing: Outgoing, call: Call): Promise<number | undefined | Failed> {
  const { workflow } = call.action
  const path = `/actions/workflows/${workflow}/runs?event=workflow_dispatch&per_page=100`
  const answer = await ask(outgoing, call, { path })
  if (answer.kind !== 'answered') return answer
  if (answer.status !== 200) return failed('the runs of the workflow', answer.status)
  const runs = Found.safeParse(answer.json).data?.workflow_runs ?? []
  return runs.find((it) => `${it.display_title ?? ''} ${it.name ?? ''}`.includes(call.key))?.id
}

async function untilEnded(outgoing: Outgoing, call: Call, run: number): Promise<HookAnswer> {
  for (;;) {
    const answer = await ask(outgoing, call, { path: `/actions/runs/${run}` })
    if (answer.kind === 'stopped') return answer
    const it = answer.kind === 'answered' ? WorkflowRun.safeParse(answer.json).data : undefined
    const link = it?.html_url === undefined ? {} : { link: it.html_url }
    if (it?.status === 'completed') {
      return it.conclusion === 'success'
        ? { kind: 'done', said: `the workflow's run ${run} succeeded`, ...link }
        : { kind: 'failed', why: `the workflow's run ${run} ended with ${it.conclusion}`, ...link }
    }
    if (call.stopping.aborted) return { kind: 'stopped' }
    if (call.left() <= pauseOf(call)) {
      return {
        kind: 'failed',
        why: `the workflow's run ${run} had not ended when the time was over`,
        ...link,
      }
    }
    await call.sleep(pauseOf(call))
  }
}

/** One request; limits are waited for while the time lasts. */
async function ask(
  outgoing: Outgoing,
  call: Call,
  { path, body }: { readonly path: string; readonly body?: unknown },
): Promise<Asked> {
  const { api, repository } = call.action
  for (;;) {
    const result = await outgoing.send({
      method: body === undefined ? 'GET' : 'POST',
      url: `${api.replace(/\/+$/, '')}/repos/${repository}${path}`,
      timeoutMs: Math.max(1, Math.min(call.left(), 30_000)),
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${call.secret ?? ''}`,
        'user-agent': 'flagmarshal',
        'x-github-api-version': '2022-11-28',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (result.kind !== 'answered') return { kind: 'failed', why: result.why }
    const wait = limitedMs(result, call.now())
    if (wait === undefined) {
      return { kind: 'answered', status: result.status, json: jsonOf(result.body.toString('utf8')) }
    }
    if (call.stopping.aborted) return { kind: 'stopped' }
    if (call.left() <= wait) {
      return {
        kind: 'failed',
        why: `GitHub limits the requests for longer than the time lasts (${result.status})`,
      }
    }
    await call.sleep(wait)
  }
}

/** How long to wait for a limit; undefined where the answer is none. */
function limitedMs(
  { status, headers }: Extract<OutgoingResult, { kind: 'answered' }>,
  now: Date,
): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const after = retryAfterMs(headers['retry-after'], now)
  if (after !== undefined) return Math.max(after, LIMITED_MS)
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset)) {
    return Math.max(reset * 1_000 - now.getTime(), LIMITED_MS)
  }
  return status === 429 ? 60_000 : undefined
}

function failed(what: string, status: number): Failed {
  const hint =
    status === 401 || status === 403
      ? ': the token may not'
      : status === 404
        ? ': it is not there, or the token may not see it'
        : ''
  return { kind: 'failed', why: `${what}: GitHub answers ${status}${hint}` }
}

/** Between two looks: a hundredth of the time budget, from 200 ms to 10 s. */
function pauseOf(call: Call): number {
  return Math.min(10_000, Math.max(200, call.left() / 100))
}
