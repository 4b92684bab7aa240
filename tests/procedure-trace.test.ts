/**
 * docs/procedure.md tells the truth: each line of the procedure is in it once, and each test that it
 * names exists.
 */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

interface Line {
  readonly id: string
  readonly api: readonly string[]
  readonly cli: readonly string[]
  /** Addresses of the console. */
  readonly console: readonly string[]
  readonly state: string
}

const lines = readLines()
const titles = readTitles(['packages/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'])
const cliTitles = readTitles(['packages/cli/test/**/*.test.ts'])

describe('docs/procedure.md', () => {
  it('has the lines of the procedure', () => {
    expect(lines.length).toBeGreaterThan(90)
  })

  it('names each line once', () => {
    expect(lines.map(({ id }) => id)).toEqual([...new Set(lines.map(({ id }) => id))])
  })

  it('names only tests that exist', () => {
    expect(lines.flatMap(({ id, api }) => missing(id, api, titles))).toEqual([])
  })

  it('names in its column for the command line only tests that run it', () => {
    expect(lines.flatMap(({ id, cli }) => missing(id, cli, cliTitles))).toEqual([])
  })

  it('names for each line a test of each kind that is named after it', () => {
    const lacking = lines
      .filter(isProven)
      .flatMap(({ id, api, cli }) =>
        idsOf(id).flatMap((one) => [
          ...(isNamed(one, api, titles) ? [] : [`${one}: no test by API`]),
          ...(isNamed(one, cli, cliTitles) ? [] : [`${one}: no test by command line`]),
        ]),
      )
    expect(lacking).toEqual([])
    expect(lines.filter(isProven).length).toBeGreaterThan(100)
  })

  it('names in its column for the console only pages that exist', () => {
    const pages = readPages()
    expect(pages.length).toBeGreaterThan(5)
    const strange = lines.flatMap((line) =>
      line.console.filter((it) => !pages.some((page) => page.test(it))).map((it) => `${line.id}: ${it}`),
    )
    expect(strange).toEqual([])
  })

  it('says of each line yes, partly with what is missing, or not yet', () => {
    expect(lines.filter(({ state }) => !/^(yes$|partly: |not yet)/.test(state))).toEqual([])
  })
})

/** Lines whose own tests are asked for: all but those that this version does not have. */
function isProven({ state }: Line): boolean {
  return !state.startsWith('not yet')
}

/** `P-S1-1 … P-S1-8` and `P-D1, P-D2` → each id. */
function idsOf(cell: string): readonly string[] {
  const [, stem, first, last] = /^(P-\D*(?:\d+-)?)(\d+) … P-\D*(?:\d+-)?(\d+)$/.exec(cell) ?? []
  if (stem === undefined) return cell.split(', ')
  const [from, to] = [Number(first), Number(last)]
  return Array.from({ length: to - from + 1 }, (_, i) => `${stem}${from + i}`)
}

/** Whether one of the named tests has the id in its title, by itself or in a range. */
function isNamed(id: string, tests: readonly string[], among: readonly string[]): boolean {
  const named = among.filter((title) => tests.some((test) => title.includes(test)))
  return named.some((title) => {
    const ranges = title.match(/P-\S+ … P-\S+/g) ?? []
    const ids: readonly string[] = title.match(/P-[A-Z][A-Za-z0-9-]*/g) ?? []
    return ids.includes(id) || ranges.some((it) => idsOf(it).includes(id))
  })
}

/** The tests of a line that none of the titles has. */
function missing(id: string, tests: readonly string[], among: readonly string[]): string[] {
  return tests.filter((test) => !among.some((title) => title.includes(test))).map((test) => `${id}: ${test}`)
}

function readLines(): Line[] {
  return readFileSync(join(root, 'docs/procedure.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (!line.startsWith('| P-')) return []
      const [id = '', , , api = '', cli = '', pages = '', state = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      const console = [...pages.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
      return [{ id, state, api: readTests(api), cli: readTests(cli), console }]
    })
}

/** The addresses of the pages of the console, below a project; the kill page is rendered by the server. */
function readPages(): readonly RegExp[] {
  const source = readFileSync(join(root, 'packages/console/src/routes.tsx'), 'utf8')
  const feature = '/f/$feature'
  const routes = [...source.matchAll(/\b(page|ofFeature)\(\s*'([^']+)'/g)].map(([, of, path = '']) =>
    of === 'ofFeature' ? feature + path : path.replace('/p/$project', ''),
  )
  return [...routes, '/k/$project/$environment/$flag'].map(
    (it) => new RegExp(`^${it.replaceAll(/\$\w+/g, '[^/]+').replace(/(?<=.)\/$/, '')}$`),
  )
}

function readTests(cell: string): string[] {
  return cell === '–' ? [] : cell.split(';').map((it) => it.trim())
}

/** The titles of the tests in these files, as they stand in the source. */
function readTitles(patterns: string[]): string[] {
  const files = globSync(patterns, {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  })
  const title = /\b(?:it|test)\(\s*(['"`])(.+?)\1|\)\(\s*(['"`])(.+?)\3/g
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(title)].map((match) => match[2] ?? match[4] ?? ''),
  )
}
