/** Test results in a file, whichever of the two formats it has. */
import { readCtrf } from '@flagmarshal/domain/reference/ctrf'
import type { TestResults } from '@flagmarshal/domain/reference/model'

import { readJunit } from './read-junit.ts'

/** The results; undefined where the file holds something else. */
export async function readTests(content: Buffer): Promise<TestResults | undefined> {
  const first = content.subarray(0, 1024).toString('latin1').replace('\xef\xbb\xbf', '').trimStart()[0]
  if (first !== '<' && first !== '{') return undefined
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return { unreadable: 'it is not UTF-8' }
  }
  return first === '<' ? await readJunit(text) : readJson(text)
}

function readJson(text: string): TestResults | undefined {
  let report: unknown
  try {
    report = JSON.parse(text)
  } catch {
    return undefined
  }
  const ctrf = typeof report === 'object' && report !== null && 'results' in report
  return ctrf ? readCtrf(report) : undefined
}
