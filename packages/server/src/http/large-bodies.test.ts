/** The largest bodies that anybody may send, read in one turn of the event loop: less than 200 ms of its processor time. */
import { operations } from '@flagmarshal/api/operations'
import { expect, test } from 'vitest'

import { readJson } from './json-body.ts'

const MANY = 24_000
const LARGE = operations.importFlags.bodyBytes

/** Processor time of this thread in milliseconds, at the best of three times: the first ones are not compiled yet. */
function busyMs(work: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const before = process.threadCpuUsage()
      work()
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 1_000
    }),
  )
}

const list = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => item(index)).join(',')

test.each([
  ['white space', `[${' '.repeat(LARGE - 2)}]`],
  ['long numbers', `[${list(MANY, () => `0.${'1'.repeat(LARGE / MANY - 4)}`)}]`],
  ['long texts', `[${list(MANY, () => `"${'x'.repeat(LARGE / MANY - 4)}"`)}]`],
  ['quotation marks', `["${'\\"'.repeat(LARGE / 2 - 2)}"]`],
  ['backslashes', `["${'\\\\'.repeat(LARGE / 2 - 2)}"]`],
  ['names', `{${list(90_000, (index) => `"name${index}":0`)}}`],
  ['more values than are looked at', `[${list(150_000, () => '0')}]`],
])('R18 an import of nothing but %s', (_, text) => {
  const body = Buffer.from(text)
  expect(body.length).toBeLessThanOrEqual(LARGE)
  const read = () => {
    try {
      readJson(body)
    } catch {
      // Refusing takes its time, too.
    }
  }
  expect(busyMs(read)).toBeLessThan(200)
})

test('R18 a flag with as many conditions as there may be values in a body', () => {
  const both = {
    all: [{ attribute: 'a', op: 'in', values: ['b', 'c'] }, { not: { attribute: 'd', op: 'exists' } }],
  }
  const rule = { name: '', when: { any: Array.from({ length: 40 }, () => both) }, serve: { variant: 'on' } }
  const rules = Array.from({ length: 200 }, () => rule)
  const config = { enabled: true, offVariant: 'off', rules, fallthrough: { variant: 'off' } }
  expect(busyMs(() => operations.configureFlag.body.parse(config))).toBeLessThan(200)
})
