/** Where TypeScript and JavaScript ask flags. */
import { describe, expect, it } from 'vitest'

import { moduleOf } from './constants.ts'
import { accessorNames } from './names.ts'
import { findInTree } from './syntax.ts'
import type { FileFindings } from './syntax.ts'
import { parse } from './tree.ts'

const KEYS = ['new-checkout', 'fast-search', 'search']

/** What the first of some files has, by line. */
function findIn(files: Readonly<Record<string, string>>, calls: readonly string[] = []): FileFindings {
  const parsed = Object.entries(files).map(([file, text]) => {
    const tree = parse(file, text)
    if (tree === undefined) throw new Error(`${file} does not parse`)
    return { file, tree, module: moduleOf(file, tree) }
  })
  const [first] = parsed
  if (first === undefined) throw new Error('no file')
  return findInTree(first.tree, first.module, {
    keys: new Set(KEYS),
    accessors: accessorNames(KEYS),
    calls: new Set(calls),
    modules: new Map(parsed.map((it) => [it.file, it.module])),
  })
}

/** `line flag kind` of each place. */
function places(source: string, file = 'a.tsx', calls: readonly string[] = []): readonly string[] {
  return findIn({ [file]: source }, calls).found.map((it) => `${it.line} ${it.flag} ${it.kind}`)
}

describe('a call is found by its key', () => {
  it.each([
    ["await client.getBooleanValue('new-checkout', false)", 'a.ts'],
    ["client?.getStringDetails(`new-checkout`, 'a', context)", 'a.mts'],
    ["const { value } = useFlag('new-checkout', false)", 'a.tsx'],
    ["useBooleanFlagValue('new-checkout', false)", 'a.jsx'],
    ['x = <FeatureFlag flagKey="new-checkout" defaultValue={false}><p /></FeatureFlag>', 'a.js'],
    ["class A { @BooleanFeatureFlag({ flagKey: 'new-checkout', defaultValue: false }) on }", 'a.ts'],
    ["import { gate as door } from '@flagmarshal/sdk-middleware'; door('new-checkout', {}, go)", 'a.ts'],
    [
      "import { createFlagmarshal } from '@flagmarshal/sdk-server'; on = flags.boolean('new-checkout', false)",
      'a.ts',
    ],
    ["(client as Client).getBooleanValue(('new-checkout' as const)!, false)", 'a.ts'],
  ])('%s', (source, file) => {
    expect(places(source, file)).toEqual(['1 new-checkout call'])
  })

  it('and so is one of a function that the settings name', () => {
    expect(places("isOn('new-checkout')")).toEqual(['1 new-checkout mention'])
    expect(places("isOn('new-checkout')", 'a.ts', ['isOn'])).toEqual(['1 new-checkout call'])
  })

  it('whether or not there is such a flag', () => {
    expect(places("client.getNumberValue('gone', 3)")).toEqual(['1 gone call'])
  })

  it('with its type and its default', () => {
    const [found] = findIn({ 'a.ts': "client.getBooleanValue('new-checkout', true)" }).found
    expect(found?.asks).toEqual({ type: 'boolean', fallback: true })
  })
})

describe('what only looks like a call is none', () => {
  it.each([
    "message.getStringValue('title')",
    "z.boolean('new', false)",
    "gate('somewhere', {}, go)",
    "const search = 'search'; find('search')",
    '// client.getBooleanValue("new-checkout", false)',
  ])('%s', (source) => {
    expect(places(source)).toEqual([])
  })
})

describe('a generated accessor is found', () => {
  it.each([
    ['await flags.newCheckout(context)', '1 new-checkout accessor'],
    ['flags.newCheckoutDetails()', '1 new-checkout accessor'],
    ['useNewCheckout().value', '1 new-checkout accessor'],
    ["import { useNewCheckout as useIt } from './flags'; useIt()", '1 new-checkout accessor'],
    [
      "import { FlagKeys as K } from './flags'; client.getBooleanValue(K.NEW_CHECKOUT, false)",
      '1 new-checkout call',
    ],
    ['track(FlagKeys.NEW_CHECKOUT)', '1 new-checkout accessor'],
  ])('%s', (source, place) => {
    expect(places(source)).toEqual([place])
  })

  it('one of a single word only beside the generated client', () => {
    expect(places('text.search(pattern)')).toEqual([])
    expect(places("import { getGeneratedClient } from './flags'; getGeneratedClient().search()")).toEqual([
      '1 search accessor',
    ])
  })
})

describe('a key is followed', () => {
  it.each([
    ["const KEY = 'new-checkout'", 'KEY'],
    ["const P = 'new'", '`${P}-checkout`'],
    ["const P = 'new-'", "P + 'checkout'"],
    ["const F = { pay: { one: 'new-checkout' } } as const", 'F.pay.one'],
    ["const F = Object.freeze({ 'one': 'new-checkout' })", "F['one']"],
    ["enum F { One = 'new-checkout' }", 'F.One'],
  ])('%s as %s', (declared, used) => {
    const found = findIn({ 'a.ts': `${declared}\nclient.getBooleanValue(${used}, false)` }).found
    expect(found).toContainEqual(
      expect.objectContaining({ line: 2, flag: 'new-checkout', kind: 'call', alias: used }),
    )
  })

  it.each([
    ["import { KEY } from './keys'", 'KEY'],
    ["import { KEY as K } from './keys.js'", 'K'],
    ["import * as keys from './keys'", 'keys.KEY'],
    ["import { KEYS } from './keys'", 'KEYS.pay'],
    ["import { KEY } from './all'", 'KEY'],
    ["import { renamed } from './all'", 'renamed'],
  ])('through %s as %s', (imported, used) => {
    const files = {
      'src/a.ts': `${imported}\nclient.getBooleanValue(${used}, false)`,
      'src/keys.ts': "export const KEY = 'new-checkout'\nexport const KEYS = { pay: KEY }",
      'src/all/index.ts': "export * from '../keys'\nexport { KEY as renamed } from '../keys'",
    }
    expect(findIn(files).found).toMatchObject([{ flag: 'new-checkout', line: 2, alias: used }])
  })

  it.each([
    ['a parameter', 'function f(key: string) { return client.getBooleanValue(key, false) }'],
    ['a template of one', 'const f = (id) => client.getBooleanValue(`flag-${id}`, false)'],
    ['two constants of one name', "{ const K = 'a' }\n{ const K = 'b'; client.getBooleanValue(K, false) }"],
    ['a variable', "let k = 'new-checkout-2'; client.getBooleanValue(k, false)"],
    ['a circle', 'const A = B, B = A; client.getBooleanValue(A, false)'],
  ])('not beyond %s, which is told', (_, source) => {
    const { found, dynamic } = findIn({ 'a.ts': source })
    expect(found).toEqual([])
    expect(dynamic).toMatchObject([{ text: expect.stringContaining('getBooleanValue') }])
  })
})
