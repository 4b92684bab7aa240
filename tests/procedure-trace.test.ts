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
  readonly tests: readonly string[]
  readonly state: string
}

const lines = readLines()
const titles = readTitles()

describe('docs/procedure.md', () => {
  it('has the lines of the procedure', () => {
    expect(lines.length).toBeGreaterThan(90)
  })

  it('names each line once', () => {
    expect(lines.map(({ id }) => id)).toEqual([...new Set(lines.map(({ id }) => id))])
  })

  it('names only tests that exist', () => {
    const missing = lines.flatMap(({ id, tests }) =>
      tests.filter((test) => !titles.some((title) => title.includes(test))).map((test) => `${id}: ${test}`),
    )
    expect(missing).toEqual([])
  })

  it('says of each line yes, partly with what is missing, or not yet', () => {
    expect(lines.filter(({ state }) => !/^(yes$|partly: |not yet)/.test(state))).toEqual([])
  })
})

function readLines(): Line[] {
  return readFileSync(join(root, 'docs/procedure.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| P-'))
    .map((line) => {
      const [id = '', , , test = '', state = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return { id, state, tests: test === '–' ? [] : test.split(';').map((it) => it.trim()) }
    })
}

/** The titles of all tests, as they stand in the source. */
function readTitles(): string[] {
  const files = globSync(['packages/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'], {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  })
  const title = /\b(?:it|test)\(\s*(['"`])(.+?)\1|\)\(\s*(['"`])(.+?)\3/g
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(title)].map((match) => match[2] ?? match[4] ?? ''),
  )
}
