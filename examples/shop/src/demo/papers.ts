/**
 * The files that the demonstration's procedure rests on. They are uploaded before they are named, and
 * kept by the hash of their content.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { Feature } from './features.ts'

export interface Paper {
  readonly name: string
  readonly content: string
}

/** The reference to a paper once it is uploaded. */
export function referenceTo(paper: Paper): { readonly kind: 'upload'; readonly hash: string } {
  return { kind: 'upload', hash: hashOf(paper) }
}

/** The hash that an upload of the paper is kept under. */
export function hashOf({ content }: Paper): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Everything that the inputs and outputs of a feature refer to. */
export function papersOf(feature: Feature) {
  const { name, acceptance, previousVersion, userImpact } = feature
  const page = (title: string, ...lines: readonly string[]): Paper => ({
    name: `${title}.md`,
    content: `# ${name}: ${title}\n\n${lines.map((it) => `- ${it}\n`).join('')}`,
  })
  return {
    requirements: page('requirements', userImpact, ...acceptance),
    observability: page('observability', 'Requests, failures and durations are counted for each arm.'),
    runbook: page('runbook', `Turn it off with: flagmarshal kill ${feature.key} -e production`),
    acceptance: page('acceptance', ...acceptance.map((it) => `${it}: met`)),
    deployment: page('deployment', `The previous version is ${previousVersion}.`),
    tests: results('qa', acceptance),
    flagOff: results('what existed before, flag off', ['takes an order', 'finds a product']),
    flagOn: results('what existed before, flag on', ['takes an order', 'finds a product']),
  }
}

/** The source of a layer, as it is in this repository. */
export interface Source {
  readonly layer: Feature['layers'][number]
  readonly paper: Paper
}

/** The source of each layer. */
export function sourceOf({ code }: Feature): readonly Source[] {
  return code.map(({ layer, path }) => ({
    layer,
    paper: { name: path, content: readFileSync(new URL(`../${path}`, import.meta.url), 'utf8') },
  }))
}

/**
 * Where the sources ask the flag: by its key, or by what the edge calls its answer. A copy without git
 * has no commit, so the hash of the sources stands for it.
 */
export function codeReferencesOf(feature: Feature) {
  const sources = sourceOf(feature)
  return {
    repo: 'flagmarshal/examples/shop',
    sha: hashOf({ name: 'sources', content: sources.map((it) => it.paper.content).join('') }),
    refs: sources.map(({ layer, paper }) => {
      const lines = paper.content.split('\n')
      const byKey = lines.findIndex((it) => it.includes(`'${feature.key}'`))
      const file = `src/${paper.name}`
      if (byKey >= 0) return { file, line: byKey + 1, layer }
      return { file, line: lines.findIndex((it) => it.includes(ALIAS)) + 1, layer, alias: ALIAS }
    }),
  }
}

/** What the page is told instead of the flag's key. */
const ALIAS = 'checkout'

/** Test results as the demonstration's people hand them in: they are given, not run here. */
function results(suite: string, names: readonly string[]): Paper {
  const tests = names.map((name) => ({ name, status: 'passed', duration: 1 }))
  const summary = { tests: tests.length, passed: tests.length, failed: 0, pending: 0, skipped: 0, other: 0 }
  const report = { results: { tool: { name: suite }, summary: { ...summary, start: 0, stop: 1 }, tests } }
  return { name: `${suite}.json`, content: JSON.stringify(report) }
}
