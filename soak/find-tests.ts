/** The test files that show promises, found by the titles in them, so that no list of them can grow old. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const PLACES = ['packages/**/*.test.ts', 'tests/**/*.test.ts', 'benchmarks/**/*.test.ts', 'soak/*.test.ts']

/** The beginning of a title that has the id of a promise. */
const TITLE = /(?:^|[\s(])['"`]R\d+ \S/m

/** Paths under the root. */
export function findTests(root: string): readonly string[] {
  return globSync(PLACES, { cwd: root, exclude: (it) => /node_modules|\.tsc|dist/.test(it) })
    .filter((file) => TITLE.test(readFileSync(path.join(root, file), 'utf8')))
    .toSorted()
}
