/** R14: the matrix in the documentation is the one that the server decides by. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { operations } from '@flagmarshal/api/operations'
import { PERMISSIONS } from '@flagmarshal/domain/access/permission'
import { expect, it } from 'vitest'

import { accessMatrix } from '../scripts/generate-access-matrix.ts'

it('R14 docs/access-matrix.md is current: node scripts/generate-access-matrix.ts', () => {
  const written = readFileSync(path.resolve(import.meta.dirname, '../docs/access-matrix.md'), 'utf8')
  expect(written).toBe(accessMatrix())
})

it('R14 every operation declares a permission that there is, and every permission is asked for', () => {
  const declared = Object.values(operations).map((it) => it.can)
  expect(declared.filter((it) => !PERMISSIONS.includes(it))).toEqual([])
  expect(PERMISSIONS.filter((it) => !declared.includes(it))).toEqual([])
})

it('R14 no key, agent or automation signs, and no operation that signs is open to a role in one environment', () => {
  const signing = accessMatrix()
    .split('\n')
    .filter((line) => /`(draft:decide|procedure:decide|rollout:operate)`/.test(line))
  expect(signing.length).toBeGreaterThan(10)
  for (const line of signing) {
    const marks = line.split('|').map((it) => it.trim())
    // developer in one environment, service, agent, server key, web key
    expect(
      [10, 12, 13, 14, 15].map((column) => marks[column]),
      line,
    ).toEqual(['·', '·', '·', '·', '·'])
  }
})
