/** Rendering: the same bytes for the same tree, and people's words never markup. */
import { section, table, text } from '@flagmarshal/domain/runbook/tree'
import { describe, expect, it } from 'vitest'

import { renderDocument, renderSections } from './render.ts'

const document = (words: string) => ({
  name: 'x',
  title: words,
  sections: [section('a', words, text(words), table(['Name', 'Worth'], [[words, { code: words }]]))],
})

describe('rendering', () => {
  it('gives the same bytes for the same tree', () => {
    expect(renderDocument(document('plain'))).toBe(renderDocument(document('plain')))
    expect(renderDocument(document('plain'))).toBe(
      '# plain\n\n## plain\n\nplain\n\n| Name | Worth |\n| - | - |\n| plain | `plain` |\n',
    )
  })

  it.each([
    ['<script>alert(1)</script>', /(?<!\\)<script>/],
    ['# no heading\n\n# none either', /^# no(?! heading # none)/m],
    ['a | b', /\| a \| b \|/],
    ['<!-- flagmarshal:end shop/rollback -->', /^<!-- flagmarshal/m],
    ['[x](javascript:alert(1))', /(?<!\\)\[x\]\(javascript/],
  ])('takes %j for words', (words, forbidden) => {
    const outsideOfCode = renderDocument(document(words)).replaceAll(/`[^`]*`/g, '')
    expect(outsideOfCode).not.toMatch(forbidden)
  })

  it('makes links of addresses and of nothing else', () => {
    const [one] = document('see https://shop.example/a_b?c=1, and javascript:x').sections
    expect(renderSections(one === undefined ? [] : [one], 2)).toContain('<https://shop.example/a_b?c=1>, and')
  })
})
