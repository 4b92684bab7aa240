/**
 * Published programs get a flag put around what they do, in every way at every place; taken out again,
 * they must be the programs that they were.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { parseSync } from 'oxc-parser'
import { expect, it } from 'vitest'

import { moduleOf } from '../constants.ts'
import { accessorNames } from '../names.ts'
import { bare, parse, walk } from '../tree.ts'
import type { Node, Tree } from '../tree.ts'
import { cleanFile } from './cleanup.ts'
import { editsOf } from './edits.ts'

const ASK = "isOn('new-checkout')"
const modules = path.resolve(import.meta.dirname, '../../../../../node_modules')

/** Written by many hands: with and without semicolons, modules and scripts. */
const PACKAGES = ['commander/lib', 'kysely/dist', 'fastify/lib', 'yaml/dist', 'zod/v4/core', 'saxes']

const files = PACKAGES.flatMap((name) =>
  globSync('**/*.{js,mjs}', { cwd: path.join(modules, name), exclude: ['**/node_modules/**', '**/test/**'] })
    .toSorted()
    .slice(0, 8)
    .map((file) => path.join(name, file)),
)

/** A way to put a flag into a program that changes nothing while it has the value. */
interface Way {
  readonly name: string
  readonly keep: boolean
  readonly wrap: (node: Node, above: Node | undefined, tree: Tree) => readonly [string, string] | undefined
}

const isCondition = (node: Node, above: Node | undefined) =>
  (above?.type === 'IfStatement' ||
    above?.type === 'ConditionalExpression' ||
    above?.type === 'WhileStatement') &&
  above.test === node

const isListed = (above: Node | undefined) => above?.type === 'BlockStatement' || above?.type === 'Program'

/** What may stand in a block of its own and mean the same. */
const isPlain = (node: Node) =>
  /^(?:Expression|Return|Throw|If|For|ForOf|While|Try|Switch)Statement$/.test(node.type)

const isDirective = (node: Node) =>
  node.type === 'ExpressionStatement' && bare(node.expression).type === 'Literal'

const WAYS: readonly Way[] = [
  {
    name: 'and before a condition',
    keep: true,
    wrap: (node, above) => (isCondition(node, above) ? [`${ASK} && (`, ')'] : undefined),
  },
  {
    name: 'or behind a condition',
    keep: false,
    wrap: (node, above) => (isCondition(node, above) ? ['(', `) || ${ASK}`] : undefined),
  },
  {
    name: 'a ternary around what is returned',
    keep: false,
    wrap: (node, above) =>
      above?.type === 'ReturnStatement' && above.argument === node
        ? [`${ASK} ? never() : (`, ')']
        : undefined,
  },
  {
    name: 'a block around a statement',
    keep: true,
    wrap: (node, above) =>
      isListed(above) && isPlain(node) && !isDirective(node) ? [`if (${ASK}) {\n`, '\n}'] : undefined,
  },
  {
    name: 'an else around a statement',
    keep: true,
    wrap: (node, above) =>
      isListed(above) && isPlain(node) && !isDirective(node)
        ? [`if (!${ASK}) { return_() } else {\n`, '\n}']
        : undefined,
  },
  {
    name: 'an early way out before a statement',
    keep: false,
    wrap: (node, above) =>
      above?.type === 'BlockStatement' && isPlain(node) && !isDirective(node)
        ? [`if (${ASK}) throw never();\n`, '']
        : undefined,
  },
]

/** The program without places and parentheses; a statement of nothing is none. */
function shape(file: string, text: string): string {
  const { program, errors } = parseSync(file, text, { preserveParens: false, lang: 'js' })
  if (errors.length > 0) throw new Error(`${file} does not parse any more: ${errors[0]?.message}`)
  return JSON.stringify(program, (key, value: unknown) => {
    if (key === 'start' || key === 'end' || key === 'range') return undefined
    return Array.isArray(value) ? value.filter((it) => it?.type !== 'EmptyStatement') : value
  })
}

it.each(WAYS)(
  '$name, taken out again, leaves the program as it was',
  ({ keep, wrap }) => {
    let [seen, put] = [0, 0]
    for (const file of files) {
      const source = readFileSync(path.join(modules, file), 'utf8')
      const tree = parse(file, source)
      if (tree === undefined) continue
      const edits = editsOf(source)
      walk(tree.program, (node, above) => {
        const around = wrap(node, above.at(-1), tree)
        if (around === undefined) return undefined
        put++
        edits.put(node.start, around[0])
        edits.put(node.end, around[1])
        // One around another would have to be put in their order.
        return false
      })
      const wrapped = edits.apply()
      const withFlag = parse(file, wrapped)
      if (withFlag === undefined) throw new Error(`${file} does not parse with the flag`)
      const searched = {
        keys: new Set(['new-checkout']),
        accessors: accessorNames(['new-checkout']),
        calls: new Set(['isOn']),
        modules: new Map([[file, moduleOf(file, withFlag)]]),
      }
      const { text } = cleanFile('x.js', withFlag, { flag: 'new-checkout', keep, searched })
      expect(shape(file, text), file).toBe(shape(file, source))
      seen++
    }
    expect(seen).toBeGreaterThan(30)
    expect(put).toBeGreaterThan(150)
  },
  120_000,
)
