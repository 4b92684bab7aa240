/**
 * Vitest's JSON reports, as far as the soak reads them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { z } from 'zod'

import { isPromiseId } from './promises.ts'
import type { PromiseId } from './promises.ts'

const Seen = z.object({ done: z.string(), times: z.number(), result: z.string() })

const Report = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          meta: z.object({ seen: Seen.optional() }).optional(),
        }),
      ),
    }),
  ),
})

/** What a test did, how often, and with what result. */
type Shown = z.output<typeof Seen>

/** One test that shows at least one promise. */
export interface Showing {
  readonly promises: readonly PromiseId[]
  readonly title: string
  /** `passed`, `failed`, or why it did not run. */
  readonly status: string
  readonly seen: Shown | undefined
}

/** Ids at the beginning of a title, also several: `R5 R20 …`. */
const LEADING = /^(?:R\d+ )+/

/** The tests of all reports in a folder that show a promise. */
export function readShowings(folder: string): readonly Showing[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => showingsOf(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))))
}

/** The tests of one report that show a promise. */
export function showingsOf(report: unknown): readonly Showing[] {
  return Report.parse(report).testResults.flatMap((file) =>
    file.assertionResults.flatMap(({ ancestorTitles, title, status, meta }) => {
      const promises = [...new Set([...ancestorTitles, title].flatMap(promisesOf))]
      return promises.length === 0 ? [] : [{ promises, title, status, seen: meta?.seen }]
    }),
  )
}

function promisesOf(title: string): readonly PromiseId[] {
  return (LEADING.exec(title)?.[0] ?? '').trim().split(' ').filter(isPromiseId)
}
