import { describe, expect, it } from 'vitest'

import { accessorsOf } from './accessor.ts'
import { nodeSource } from './node.ts'
import { reactSource } from './react.ts'
import { readManifest } from './typed-flag.ts'
import type { TypedFlag } from './typed-flag.ts'

const flag = (key: string): TypedFlag => ({ key, type: 'boolean', defaultValue: false })

describe('names of flags in code', () => {
  it.each([
    ['new-checkout', 'newCheckout', 'NewCheckout', 'NEW_CHECKOUT'],
    ['newCheckout', 'newCheckout', 'NewCheckout', 'NEW_CHECKOUT'],
    ['team/pay.v2', 'teamPayV2', 'TeamPayV2', 'TEAM_PAY_V2'],
    ['HTMLParser', 'htmlParser', 'HtmlParser', 'HTML_PARSER'],
    ['2fa', 'flag2fa', 'Flag2fa', 'FLAG_2FA'],
    ['---', 'flag', 'Flag', 'FLAG'],
    ['größe', 'größe', 'Größe', 'GRÖSSE'],
  ])('%s is %s', (key, camel, pascal, constant) => {
    expect(accessorsOf([flag(key)])).toMatchObject([{ camel, pascal, constant }])
  })

  it('two keys that would share a name are refused with both of them', () => {
    expect(accessorsOf([flag('new-checkout'), flag('new_checkout')])).toMatchObject({
      refused: true,
      code: 'ambiguous-name',
      message: expect.stringContaining('new-checkout and new_checkout'),
    })
    expect(accessorsOf([flag('search'), flag('search-details')])).toMatchObject({
      message: expect.stringContaining('searchDetails'),
    })
  })
})

describe('a manifest', () => {
  it('gives its flags in the order of the alphabet', () => {
    const manifest = {
      flags: {
        b: { flagType: 'integer', defaultValue: 3 },
        a: { flagType: 'object', defaultValue: { x: 1 }, description: 'What it is' },
      },
    }
    expect(readManifest(manifest)).toEqual([
      { key: 'a', type: 'object', defaultValue: { x: 1 }, description: 'What it is' },
      { key: 'b', type: 'integer', defaultValue: 3 },
    ])
  })

  it('names every mistake by its place', () => {
    const manifest = {
      flags: {
        'a/b': { flagType: 'number', defaultValue: 1 },
        c: { flagType: 'integer', defaultValue: 1.5 },
        d: 'no',
      },
    }
    expect(readManifest(manifest)).toMatchObject({
      code: 'invalid-manifest',
      errors: [
        { pointer: '/flags/a~1b', message: expect.stringContaining('flagType is none of boolean') },
        { pointer: '/flags/c', message: 'defaultValue is no integer' },
        { pointer: '/flags/d', message: 'is no object' },
      ],
    })
    expect(readManifest({})).toMatchObject({ pointer: '/flags' })
  })
})

it('a text of a flag cannot end its comment or its literal', () => {
  const accessors = accessorsOf([
    { key: "it's", type: 'string', defaultValue: '*/ "\u2028', description: 'ends */ here\nand on' },
  ])
  if (!Array.isArray(accessors)) throw new Error('refused')
  for (const source of [nodeSource(accessors), reactSource(accessors)]) {
    expect(source).toContain(' * ends *\\/ here')
    expect(source).toContain('"*/ \\"\\u2028"')
    expect(source).toContain(`IT_S: "it's"`)
  }
})
