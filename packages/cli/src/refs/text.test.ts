/** Keys and names in texts of any language. */
import { expect, it } from 'vitest'

import { aliasesOf } from './aliases.ts'
import { spell } from './names.ts'
import { findInText } from './text.ts'

const searched = {
  keys: new Set(['new-checkout', 'a.b', 'search']),
  aliases: new Map([
    ['NEW_CHECKOUT', 'new-checkout'],
    ['new.checkout', 'new-checkout'],
  ]),
  delimiters: ['"', "'", '`'],
}
const places = (text: string) => findInText(text, searched).map((it) => `${it.line} ${it.flag} ${it.kind}`)

it('a key is found between two delimiters of one kind', () => {
  expect(places('x\nif client.bool("new-checkout", false):')).toEqual(['2 new-checkout text'])
  expect(places(`f('a.b', "search")`)).toEqual(['1 search text', '1 a.b text'])
  expect(places('new-checkout = 1')).toEqual([])
  expect(places('"new-checkout-2" "new-checkout\'')).toEqual([])
})

it('a name that stands for a key is found as a whole word, and as a part of a longer name', () => {
  expect(places('flags.NEW_CHECKOUT')).toEqual(['1 new-checkout alias'])
  expect(places('MY_NEW_CHECKOUT')).toEqual([])
  expect(places('app.new.checkout.on')).toEqual(['1 new-checkout alias'])
  expect(places('new.checkouts')).toEqual([])
})

it.each([
  ['literal', 'new-checkout.2'],
  ['camel', 'newCheckout2'],
  ['pascal', 'NewCheckout2'],
  ['snake', 'new_checkout_2'],
  ['upper-snake', 'NEW_CHECKOUT_2'],
  ['kebab', 'new-checkout-2'],
  ['dot', 'new.checkout.2'],
] as const)('as %s, new-checkout.2 is %s', (spelling, name) => {
  expect(spell('new-checkout.2', spelling)).toBe(name)
  expect(spell('search', spelling)).toBeUndefined()
})

const sources = {
  root: '.',
  files: ['lib/flags.rb', 'lib/other.rb'],
  read: () => "CHECKOUT = 'new-checkout'\nSEARCH = 'search'\n",
  runCommands: false,
}

it('a name is found by a pattern in named files', () => {
  const pattern = { type: 'filepattern', paths: ['lib/f*.rb'], patterns: ["^(\\w+) = 'FLAG_KEY'"] } as const
  const setting = { ...pattern, paths: [...pattern.paths], patterns: [...pattern.patterns] }
  expect([...aliasesOf(['new-checkout', 'search'], [setting], sources)]).toEqual([
    ['CHECKOUT', 'new-checkout'],
    ['SEARCH', 'search'],
  ])
})

it('a command says names, once somebody lets it run', () => {
  const script = 'process.stdin.on("data", (key) => console.log(JSON.stringify([`is_${key}`])))'
  const setting = { type: 'command' as const, command: [process.execPath, '-e', script], timeoutMs: 20_000 }
  expect(() => aliasesOf(['search'], [setting], sources)).toThrow('The settings run the command')
  expect([...aliasesOf(['search'], [setting], { ...sources, runCommands: true })]).toEqual([
    ['is_search', 'search'],
  ])
  const broken = { ...setting, command: [process.execPath, '-e', '0'] }
  expect(() => aliasesOf(['search'], [broken], { ...sources, runCommands: true })).toThrow('no JSON list')
})

it('a name that would stand for two flags stands for none', () => {
  expect([...aliasesOf(['new-checkout', 'new.checkout'], [{ type: 'snake' }], sources)]).toEqual([])
})
