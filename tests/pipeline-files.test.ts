/**
 * What GitHub is given, read by GitHub's own parser of actions and workflows: the composite action, the
 * workflow that `flagmarshal init` writes, and the steps that the documents show. It knows which keys
 * there are, what is required, and what an expression may name where.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import path from 'node:path'

import { githubWorkflow } from '@flagmarshal/cli/init/pipeline'
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

const ACTION = readFileSync(path.resolve(import.meta.dirname, '../pipelines/github/action.yml'), 'utf8')
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

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, string>>
}
