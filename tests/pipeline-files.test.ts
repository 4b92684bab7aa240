/**
 * What pipelines are given. GitHub's own parser of actions and workflows reads the composite action, the
 * workflow that `flagmarshal init` writes, and the steps that the documents show: it knows which keys
 * there are, what is required, and what an expression may name where. GitLab's published schema, with
 * includes and `extends` resolved, is held against the jobs in the same way.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { githubWorkflow, gitlabJob } from '@flagmarshal/cli/init/pipeline'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { pagesOf, textOf } from '../packages/cli/test/support/documents.ts'

// The parser imports JSON as bundlers do, without saying so; Node.js wants it said.
const hooks = registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser')
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser')
hooks.deregister()

const root = path.resolve(import.meta.dirname, '..')
const ACTION = readFileSync(path.join(root, 'pipelines/github/action.yml'), 'utf8')
const INPUTS: Readonly<Record<string, { readonly required?: boolean }>> = parse(ACTION).inputs
const OURS = 'your-organisation/flagmarshal/pipelines/github@v0'
const GENERATED = githubWorkflow({ project: 'shop', action: OURS })

const faultsOf = (read: typeof parseAction, name: string, content: string) =>
  read({ name, content }, new NoOperationTraceWriter())
    .context.errors.getErrors()
    .map((it) => it.message)

/** Blocks of steps, as a workflow that has nothing else. */
const SHOWN = pagesOf().flatMap((page) =>
  [...textOf(page).matchAll(/^```yaml\n(- (?:uses|run|name):.*?)^```$/gms)].map(
    ([, steps = '']) =>
      [
        page,
        `on: push\njobs:\n  shown:\n    runs-on: ubuntu-latest\n    steps:\n${steps.replaceAll(/^/gm, '      ')}`,
      ] as const,
  ),
)

describe('what GitHub is given', () => {
  it('the action is one', () => {
    expect(faultsOf(parseAction, 'action.yml', ACTION)).toEqual([])
  })

  it('the workflow that `init` writes is one, and each block of steps in the documents fits one', () => {
    expect(faultsOf(parseWorkflow, 'flagmarshal-gate.yml', GENERATED)).toEqual([])
    expect(SHOWN.length).toBeGreaterThan(1)
    for (const [page, workflow] of SHOWN) expect(faultsOf(parseWorkflow, page, workflow)).toEqual([])
  })

  it('whoever uses the action gives it inputs that it has, and each that it needs', () => {
    const uses = [GENERATED, ...SHOWN.map(([, workflow]) => workflow)]
      .flatMap((it) => Object.values<{ steps: Step[] }>(parse(it).jobs))
      .flatMap((it) => it.steps)
      .filter((it) => it.uses === OURS)
    expect(uses.length).toBeGreaterThan(1)
    const needed = Object.keys(INPUTS).filter((it) => INPUTS[it]?.required === true)
    for (const { with: given = {} } of uses) {
      expect(Object.keys(INPUTS)).toEqual(expect.arrayContaining(Object.keys(given)))
      expect(Object.keys(given)).toEqual(expect.arrayContaining(needed))
    }
  })

  it.each([
    ['using: composite', 'using: composit', "Unexpected value 'composit'"],
    ['shell: bash', 'shel: bash', 'Required property is missing: shell'],
    ['inputs.server', 'secrets.server', "Unrecognized named-value: 'secrets'"],
    ['required: true', 'required: maybe', "Unexpected value 'maybe'"],
  ])('finds a mistake in an action: %s as %s', (right, wrong, found) => {
    expect(faultsOf(parseAction, 'action.yml', ACTION.replace(right, wrong)).join()).toContain(found)
  })
})

describe('what GitLab is given', { timeout: 60_000 }, () => {
  const gate = readFileSync(path.join(root, 'pipelines/gitlab/gate.yml'), 'utf8')
  const extended = 'deploy-gate:\n  extends: .flagmarshal-gate\n  variables: { GATE_FEATURE: new-checkout }\n'

  it.each([
    ['the job of this repository', gate],
    ['the job that `init` writes', gitlabJob({ project: 'shop' })],
  ])('%s is one, extended as its comment says', (_, job) => {
    expect(pipelineOf(`${job}\n${extended}`)).toMatch(/schema validated.*"name": "deploy-gate"/s)
  })

  it('jobs in the documents are', () => {
    const [shown = ''] = /(?<=^```yaml\n)flags:\n.*?(?=^```$)/ms.exec(textOf('docs/pipelines.md')) ?? []
    expect(pipelineOf(shown)).toMatch(/schema validated.*"name": "flags"/s)
  })

  it('finds a mistake in a job', () => {
    const wrong = gate.replace('interruptible: true', 'interruptible: maybe')
    expect(pipelineOf(`${wrong}\n${extended}`)).toContain(
      "'interruptible' property type must be boolean at deploy-gate",
    )
  })
})

/** What is said of a pipeline in a repository that has nothing else. */
function pipelineOf(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-gitlab-'))
  const run = (file: string, ...args: string[]) =>
    execFileSync(file, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, HOME: folder } })
  try {
    writeFileSync(path.join(folder, '.gitlab-ci.yml'), text)
    run('git', 'init', '--quiet', '--initial-branch', 'main')
    run('git', 'remote', 'add', 'origin', 'https://git.shop.example/shop/web.git')
    const as = ['-c', 'user.name=test', '-c', 'user.email=test@shop.example']
    run('git', ...as, 'commit', '--quiet', '--allow-empty', '--message', 'begin')
    const program = path.join(root, 'node_modules/gitlab-ci-local/dist/index.js')
    return run('sh', '-c', '"$0" "$1" --list-json 2>&1 || true', process.execPath, program)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, string>>
}
