import { describe, expect, it } from 'vitest'

import { queryAt } from '../shoppers/queries.ts'
import { CATALOGUE } from './catalogue.ts'
import { searchByIndex } from './search-by-index.ts'
import { searchByScan } from './search-by-scan.ts'

const scan = searchByScan(CATALOGUE)
const index = searchByIndex(CATALOGUE)
const queries = Array.from({ length: 1_000 }, (_, i) => queryAt(i / 1_000))

describe('search by scan', () => {
  it('finds something for everything that shoppers look for', () => {
    expect(queries.filter((query) => scan(query).length === 0)).toEqual([])
  })

  it('finds a product by the beginning of a word, its singular, and all words together', () => {
    const names = (query: string) => scan(query).map((product) => product.name)
    expect(names('teap')).toEqual(['Cast iron teapot', 'Glass teapot'])
    expect(names('carafes')).toEqual(['Carafe'])
    expect(names('OAK Board')).toEqual(['Chopping board'])
    expect(names(' ?! ')).toEqual([])
  })
})

describe('search by index', () => {
  it('finds what the scan finds, wherever it answers', () => {
    const words = new Set(CATALOGUE.flatMap(({ name, tags }) => [...name.split(' '), ...tags]))
    const prefixes = [...words].flatMap((word) => [word, word.slice(0, 2), `oak ${word}`, `${word}xyz`])
    for (const query of prefixes.filter((it) => !it.endsWith('s'))) {
      expect({ query, found: index(query) }).toEqual({ query, found: scan(query) })
    }
  })

  it('carries the planted regression: it throws for what is sold in the plural only', () => {
    expect(index('mugs')).toEqual(scan('mugs'))
    expect(() => index('wine glasses')).toThrow(TypeError)
    expect(() => index('candles')).toThrow(TypeError)
  })

  it('fails for a fifth of what shoppers look for', () => {
    const failing = queries.filter((query) => {
      try {
        index(query)
        return false
      } catch {
        return true
      }
    })
    expect(failing.length / queries.length).toBeCloseTo(0.2, 2)
  })
})
