import { expect, test } from 'vitest'

import { anew } from './put-on-live.ts'

const config = {
  enabled: true,
  offVariant: 'off',
  rules: [{ id: 'a', name: 'A', when: { all: [] }, serve: { variant: 'on' } }],
  fallthrough: { variant: 'off' },
  variants: { on: true, off: false },
  segments: {},
}
const at = <C>(revision: number, content: C) => ({ revision, content })

test('a draft of a flag keeps its own changes and takes theirs for the rest', () => {
  const mine = { ...config, rules: [...config.rules, { ...config.rules[0]!, id: 'b', name: 'B' }] }
  const theirs = { ...config, fallthrough: { variant: 'on' }, variants: { on: true, off: false, x: true } }
  const sent = anew({ base: at(1, config), live: at(2, theirs), proposed: mine })
  expect(sent).toMatchObject({ kind: 'flag', config: { fallthrough: { variant: 'on' } } })
  expect(JSON.stringify(sent), 'what is only compared is not sent').not.toContain('variants')
  expect('config' in sent && sent.config.rules.map((it) => it.name)).toEqual(['A', 'B'])
})

test('lists of a segment take what each of the two added and lose what either took out', () => {
  const lists = (include: string[], exclude: string[] = []) => ({ include, exclude, segments: {} })
  const everybody = { all: [] }
  const sent = anew({
    base: at(1, lists(['ann', 'bob', 'cleo'])),
    live: at(2, { ...lists(['ann', 'bob', 'dan'], ['eve']), when: everybody }),
    proposed: lists(['bob', 'cleo', 'finn']),
  })
  expect(sent).toEqual({
    kind: 'segment',
    content: { when: everybody, include: ['bob', 'dan', 'finn'], exclude: ['eve'] },
  })
})
