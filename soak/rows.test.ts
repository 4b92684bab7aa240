import { describe, expect, it } from 'vitest'

import { PROMISE_IDS } from './promises.ts'
import { showingsOf } from './reports.ts'
import { rowsOf } from './rows.ts'
import { closingLine, tableOf } from './table.ts'

function report(...tests: readonly (readonly [string[], string, string, object?])[]) {
  const assertionResults = tests.map(([ancestorTitles, title, status, seen]) => ({
    ancestorTitles,
    title,
    status,
    meta: seen === undefined ? {} : { seen },
  }))
  return { testResults: [{ assertionResults }] }
}

const seen = { done: 'kill -9', times: 50, result: '0 lost' }

describe('the table of the soak', () => {
  const rows = rowsOf(
    showingsOf(
      report(
        [['R5 R20 kill -9'], 'on the local PostgreSQL', 'passed', seen],
        [[], 'R5 another', 'passed'],
        [[], 'R6 sends it twice', 'failed'],
        [[], 'R12 needs a library', 'skipped'],
        [[], 'P-R13 names who gets an input', 'failed'],
        [[], 'follows R13 nowhere', 'failed'],
      ),
    ),
  )
  const row = (id: string) => rows.find((it) => it.id === id)

  it('has a row for each promise, in order', () => {
    expect(rows.map((it) => it.id)).toEqual(PROMISE_IDS)
    expect(PROMISE_IDS).toHaveLength(23)
  })

  it('counts a test for each promise that its title or its group begins with', () => {
    expect(row('R5')).toMatchObject({
      result: 'held',
      lines: [
        { done: 'kill -9', times: 50, figure: '0 lost' },
        { times: 1, figure: 'all passed' },
      ],
    })
    expect(row('R20')?.lines).toHaveLength(1)
    expect(row('R13')?.result).toBe('absent')
  })

  it('says what is broken, skipped and shown by nothing', () => {
    expect([row('R6')?.result, row('R12')?.result, row('R1')?.result]).toEqual([
      'broken',
      'skipped',
      'absent',
    ])
    expect(tableOf(rows)).toContain('1 × R6 sends it twice: FAILED')
    expect(tableOf(rows)).toContain('50 × kill -9: 0 lost')
    expect(closingLine(rows)).toMatch(/^2 of 23 promises held, R1 absent, .*R6 broken, .*R12 skipped/)
  })
})
