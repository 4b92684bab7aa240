import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { openApiDocument } from './openapi.ts'
import { operations } from './operations.ts'

test('openapi.json is what the table of operations says; `node scripts/generate-openapi.ts` writes it', async () => {
  const file = await readFile(new URL('../../../openapi.json', import.meta.url), 'utf8')
  expect(file).toBe(`${JSON.stringify(openApiDocument(operations), undefined, 2)}\n`)
})

test('every path parameter of an operation has a schema, and every schema a parameter', () => {
  for (const [id, it] of Object.entries(operations)) {
    const named = [...it.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    expect([id, Object.keys('params' in it ? it.params.shape : {}).toSorted()]).toEqual([
      id,
      named.toSorted((a = '', b = '') => a.localeCompare(b)),
    ])
  }
})

test('no two operations share a method and a path', () => {
  const places = Object.values(operations).map((it) => `${it.method} ${it.path.replace(/\{\w+\}/g, '{}')}`)
  expect(new Set(places).size).toBe(places.length)
})
