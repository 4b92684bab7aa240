import { assert, boolean, constantFrom, letrec, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, test } from 'vitest'

import { compileRegExp } from './regexp.ts'

describe('what is understood', () => {
  test.each([
    ['a.c', 'xabcx', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['(?i)straße', 'STRAßE', true],
    ['a(?i:B)c', 'abc', true],
    ['a(?i:B)c', 'aBC', false],
    ['^b$', 'a\nb\nc', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['\\Ab\\z', 'b', true],
    ['\\bcat\\b', 'a cat!', true],
    ['\\bcat\\b', 'concatenate', false],
    ['\\Bcat\\B', 'concatenate', true],
    ['[^\\d\\s]+-\\d', 'ab-1', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['a{2}b{,2}', 'aab{,2}', true],
    ['(?P<year>\\d{4})-(?<month>\\d\\d)', '2026-01', true],
    ['\\x41\\x{1F600}\\u0042', 'A😀B', true],
    ['^.$', '😀', true],
    ['^\\p{Lu}\\p{Ll}+$', 'Österreich', true],
    ['^\\p{Lu}+$', 'österreich', false],
    ['(?i)^\\p{Lu}+$', 'österreich', true],
    ['^\\pN+$', '٣5Ⅷ', true],
    ['^\\p{Greek}+$', 'αβγ', true],
    ['^\\p{Greek}+$', 'abc', false],
    ['^\\P{Greek}\\p{^Greek}$', 'ab', true],
    ['^[\\p{Han}x-z]+$', '漢字y', true],
    ['^[^\\p{L}]+$', '123-', true],
    ['^[^\\p{L}]+$', '12ü', false],
    ['^\\p{So}$', '😀', true],
    ['^\\p{Any}$', '\n', true],
    ['^[[:alpha:]_]+[[:digit:]]$', 'ab_7', true],
    ['^[[:^space:]]+$', 'a b', false],
    ['^[[:xdigit:]-]+$', 'aF-9', true],
    ['^[[:upper:]]+$', 'ab', false],
    ['[[:]', ':', true],
    ['x*', '', true],
    ['(|a)+$', 'b', true],
    ['a+?b', 'aaab', true],
    ['^[[:alpha:]]+$', 'AlphaBeta', true],
    ['^[[:alpha:]]+$', 'Alpha1', false],
    ['^[^[:space:][:digit:]_]$', '_', false],
    ['^[[:^upper:]-]+$', 'a-1', true],
  ])('%s in %j: %j', (pattern, text, expected) => {
    expect(compileRegExp(pattern, false)(text)).toBe(expected)
  })
})

describe('what is refused, with the reason', () => {
  test.each([
    ['(a)\\1', 'back-references are not linear'],
    ['(?=a)', 'looking ahead or behind is not linear'],
    ['(?<!a)b', 'looking ahead or behind is not linear'],
    ['a**', 'a repetition of a repetition'],
    ['*a', 'nothing to repeat'],
    ['(a', 'a ( without its )'],
    ['a)', 'a ) without its ('],
    ['[a', 'a [ without its ]'],
    ['[b-a]', 'from a later to an earlier'],
    ['\\p{Letter}', 'an unknown Unicode class'],
    ['\\p{Alphabetic}', 'an unknown Unicode class'],
    ['\\pX', 'an unknown Unicode class'],
    ['[[:letter:]]', 'an unknown POSIX class'],
    ['\\q', 'an unknown escape'],
    ['[[:nothing:]]', 'an unknown POSIX class'],
    ['((a{500}){500}){500}', 'too large'],
    ['a{2000}', 'a count of more than'],
    [`${'('.repeat(200)}a${')'.repeat(200)}`, 'nested deeper'],
    ['a'.repeat(1_001), 'at most 1000 characters'],
  ])('%s', (pattern, message) => {
    expect(() => compileRegExp(pattern, false)).toThrow(message)
  })
})

test('patterns that hold up a backtracking engine are linear in the text', () => {
  const patterns = ['(a+)+$', '^(a|a)*b$', '(a|aa)+$', '(.*)*x', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$']
  for (const pattern of patterns) {
    const matches = compileRegExp(pattern, false)
    const cost = (length: number): number => {
      const text = `${'a'.repeat(length)}!`
      matches(text)
      const from = process.cpuUsage()
      for (let i = 0; i < 5; i++) matches(text)
      const { user, system } = process.cpuUsage(from)
      return (user + system) / 5 / length
    }
    // A hundred times the text costs at most a few times more for each character, not 2^length.
    expect(cost(100_000), pattern).toBeLessThan(Math.max(cost(1_000) * 20, 0.05))
  }
})

test('thousands of states are forgotten and found again, and the answer stays right', () => {
  // The 12th character from the end: 2^12 states of an automaton.
  const [ours, host] = [compileRegExp('a[ab]{11}$', false), /a[ab]{11}$/]
  let seed = 7
  for (let i = 0; i < 300; i++) {
    const text = Array.from({ length: 60 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed & 0x10000 ? 'a' : 'b'
    }).join('')
    expect(ours(text)).toBe(host.test(text))
  }
})

const atom = constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '^', '$', '1', ' ')
const pattern = letrec<{ node: string }>((tie) => ({
  node: oneof(
    { maxDepth: 4, depthIdentifier: 'pattern' },
    atom,
    tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
    tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    tuple(tie('node'), constantFrom('*', '+', '?', '{2}', '{1,3}', '*?')).map(
      ([a, count]) => `(?:${a})${count}`,
    ),
  ),
})).node
const text = string({ unit: constantFrom('a', 'b', 'c', '1', ' ', '\n', 'A', '_'), maxLength: 12 })

test('it answers as the host’s engine does, for any pattern of both', () => {
  assert(
    property(pattern, text, boolean(), (source, given, ignoreCase) => {
      const host = new RegExp(source, ignoreCase ? 'iu' : 'u')
      expect(compileRegExp(source, ignoreCase)(given)).toBe(host.test(given))
    }),
    { numRuns: 2_000, seed: 20_260_101 },
  )
})
