import { expect, test } from 'vitest'

import { find } from './find.ts'

const entries = ['Home', 'Feature new-checkout', 'new-checkout-v2', 'fastSearch'].map((title) => ({ title }))
const found = (search: string) => find(entries, search).map((it) => it.title)

test('keys, sentences and camel case are found by beginnings of their words', () => {
  expect(found('new che')).toEqual(['new-checkout-v2', 'Feature new-checkout'])
  expect(found('search')).toEqual(['fastSearch'])
  expect(found('HOME')).toEqual(['Home'])
})

test('initials find too, after everything else', () => {
  expect(found('ncv')).toEqual(['new-checkout-v2'])
  expect(found('fs')).toEqual(['fastSearch'])
})

test('an empty search keeps all, nonsense finds nothing', () => {
  expect(found(' ')).toHaveLength(4)
  expect(found('zzz')).toEqual([])
})
