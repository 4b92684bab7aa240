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

  it('says of each line yes, partly with what is missing, or not yet', () => {
    expect(lines.filter(({ state }) => !/^(yes$|partly: |not yet)/.test(state))).toEqual([])
  })
})

/** The tests of a line that none of the titles has. */
function missing(id: string, tests: readonly string[], among: readonly string[]): string[] {
  return tests.filter((test) => !among.some((title) => title.includes(test))).map((test) => `${id}: ${test}`)
}

function readLines(): Line[] {
  return readFileSync(join(root, 'docs/procedure.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| P-'))
    .map((line) => {
      const [id = '', , , api = '', cli = '', state = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return { id, state, api: readTests(api), cli: readTests(cli) }
    })
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
