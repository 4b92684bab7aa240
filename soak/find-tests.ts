/** The test files that show promises, found by the titles in them, so that no list of them can grow old. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { PromiseId } from './promises.ts'

const PLACES = ['packages/**/*.test.ts', 'tests/**/*.test.ts', 'benchmarks/**/*.test.ts', 'soak/*.test.ts']

/** Paths under the root of those with one of these promises in a title. */
export function findTests(root: string, ids: readonly PromiseId[]): readonly string[] {
  const title = new RegExp(`(?:^|[\\s(])['"\`](?:R\\d+ )*(?:${ids.join('|')}) \\S`, 'm')
  return globSync(PLACES, { cwd: root, exclude: (it) => /node_modules|\.tsc|dist/.test(it) })
    .filter((file) => title.test(readFileSync(path.join(root, file), 'utf8')))
    .toSorted()
}
