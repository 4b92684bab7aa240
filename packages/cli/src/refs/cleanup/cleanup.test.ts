/** Taking a flag out of code: what becomes of each way to use it, and that programs do what they did. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { moduleOf } from '../constants.ts'
import { accessorNames } from '../names.ts'
import { parse } from '../tree.ts'
import { cleanFile } from './cleanup.ts'
import type { CleanedFile } from './cleanup.ts'

const FLAG = 'new-checkout'

function clean(source: string, keep: boolean, file = 'a.tsx'): CleanedFile {
  const tree = parse(file, source)
  if (tree === undefined) throw new Error(`it does not parse: ${source}`)
  const module = moduleOf(file, tree)
  const searched = {
    keys: new Set([FLAG]),
    accessors: accessorNames([FLAG]),
    calls: new Set(['isOn']),
    modules: new Map([[file, module]]),
  }
  return cleanFile(file, tree, { flag: FLAG, keep, searched })
}

/** With the flag kept on, and with it kept off. */
function both(...lines: string[]): readonly [string, string] {
  const source = lines.join('\n')
  return [clean(source, true).text, clean(source, false).text]
}

const ASK = "isOn('new-checkout')"

describe('of each way to use a flag one branch stays', () => {
  it.each([
    ['if and else', `if (${ASK}) {\n  a()\n  b()\n} else {\n  c()\n}\nd()`, 'a()\nb()\nd()', 'c()\nd()'],
    ['if alone', `a()\nif (${ASK}) b()\nc()`, 'a()\nb()\nc()', 'a()\nc()'],
    ['else if', `if (x) a()\nelse if (${ASK}) b()\nelse c()`, 'if (x) a()\nelse b()', 'if (x) a()\nelse c()'],
    ['else if without else', `if (x) a()\nelse if (${ASK}) b()`, 'if (x) a()\nelse b()', 'if (x) a()'],
    ['negation', `if (!${ASK}) return_()\ngo()`, 'go()', 'return_()\ngo()'],
    ['comparison', `if (${ASK} === false) a()\nelse b()`, 'b()', 'a()'],
    ['a ternary', `x = ${ASK} ? f(1) : g(2)`, 'x = f(1)', 'x = g(2)'],
    ['a ternary in parentheses', `x = (${ASK} ? 'a' : 'b') + c`, "x = ('a') + c", "x = ('b') + c"],
    ['and', `x = ${ASK} && y`, 'x = y', 'x = false'],
    ['or', `x = ${ASK} || y`, 'x = true', 'x = y'],
    ['and in a condition', `if (y && ${ASK}) a()`, 'if (y) a()', ''],
    ['or in a condition', `if (y || ${ASK}) a()`, 'a()', 'if (y) a()'],
    ['and after something with effects', `if (y() && ${ASK}) a()`, 'if (y()) a()', 'if (y() && false) a()'],
    ['and as a statement', `${ASK} && a()\nb()`, 'a()\nb()', 'b()'],
    ['asking for nothing', `${ASK}\nb()`, 'b()', 'b()'],
    ['an argument', `f(${ASK})`, 'f(true)', 'f(false)'],
    ['Boolean', `if (Boolean(${ASK})) a()`, 'a()', ''],
    ['a loop', `while (x && ${ASK}) a()`, 'while (x) a()', 'while (x && false) a()'],
    ['an if in an if', `if (x) if (${ASK}) a(); else b()`, 'if (x) { a(); }', 'if (x) { b() }'],
    [
      'a body of a loop',
      `for (const x of y) if (${ASK}) a(x)`,
      'for (const x of y) a(x)',
      'for (const x of y) {}',
    ],
  ])('%s', (_, source, on, off) => {
    expect(both(source)).toEqual([on, off])
  })

  it('what follows a return that is always reached goes', () => {
    const source = [
      'function price() {',
      `  if (${ASK}) {`,
      '    const total = now()',
      '    return total',
      '  }',
      '  const total = then()',
      '  return total + late()',
      '  function late() {}',
      '}',
    ]
    const [on, off] = both(...source)
    expect(on).toBe('function price() {\n  const total = now()\n  return total\n}')
    expect(off).toBe(['function price() {', ...source.slice(5)].join('\n'))
  })

  it('a function behind it that is still called stays, and a var keeps all of it', () => {
    const called = `function f() {\n  if (${ASK}) return g()\n  h()\n  function g() {}\n}`
    expect(both(called)[0]).toBe('function f() {\n  return g()\n  function g() {}\n}')
    const hoisted = `function f() {\n  if (${ASK}) return x\n  var x = 1\n}`
    expect(both(hoisted)[0]).toBe('function f() {\n  return x\n  var x = 1\n}')
  })

  it('in elements', () => {
    const source = [
      'const page = (',
      '  <main>',
      `    {${ASK} && <New a="b" />}`,
      `    {${ASK} ? <New /> : <Old />}`,
      `    {${ASK} ? (`,
      '      <New />',
      '    ) : null}',
      `    {${ASK} ? 'new' : 'old'}`,
      `    <p hidden={!${ASK}} title={${ASK} ? a : b}>x</p>`,
      '  </main>',
      ')',
    ]
    const page = (...lines: string[]) => ['const page = (', '  <main>', ...lines, '  </main>', ')'].join('\n')
    expect(both(...source)).toEqual([
      page(
        '    <New a="b" />',
        '    <New />',
        '    <New />',
        "    {'new'}",
        '    <p hidden={false} title={a}>x</p>',
      ),
      page('    <Old />', "    {'old'}", '    <p hidden={true} title={b}>x</p>'),
    ])
  })
})

describe('a constant that holds the answer goes with it', () => {
  it.each([
    [
      'awaited',
      'async function f() {\n  const on = await flags.newCheckout(ctx)\n  return on ? a : b\n}',
      'async function f() {\n  return a\n}',
    ],
    ['of a hook', "const on = useBooleanFlagValue('new-checkout', false)\nx = on ? a : b", 'x = a'],
    ['taken apart', "const { value: on } = useFlag('new-checkout', false)\nx = on ? a : b", 'x = a'],
    ['read by a member', 'const flag = useNewCheckout()\nx = flag.value ? a : b', 'x = a'],
    ['read at once', 'x = useNewCheckout().value ? a : b', 'x = a'],
    ['of details', "x = (await client.getBooleanDetails('new-checkout', false)).value ? a : b", 'x = a'],
    ['that another one is made of', `const on = ${ASK}\nconst off = !on\nif (off) a()\nelse b()`, 'b()'],
    ['beside another', `const x = 1,\n  on = ${ASK}\nf(on && x)`, 'const x = 1\nf(x)'],
    ['named in an object', `const on = ${ASK}\nf({ on, x })`, 'f({ on: true, x })'],
    ['with a type', `const on: boolean = ${ASK} as boolean\nf(on)`, 'f(true)'],
    [
      'in two functions',
      `const f = () => {\n  const on = ${ASK}\n  return on ? a : b\n}\nconst g = (on) => on ? c : d`,
      'const f = () => {\n  return a\n}\nconst g = (on) => on ? c : d',
    ],
  ])('%s', (_, source, on) => {
    expect(clean(source, true).text).toBe(on)
  })

  it('unless others can read it: then it holds the value', () => {
    expect(both(`export const on = ${ASK}`)).toEqual(['export const on = true', 'export const on = false'])
    expect(both(`const on = ${ASK}\nexport { on }`)[0]).toBe('const on = true\nexport { on }')
  })
})

describe('what only the other branch needed goes', () => {
  it('imports, private functions, constants and types, but nothing that was unused before', () => {
    const source = [
      "import React from 'react'",
      "import Old, { helper, type Shape } from './old'",
      "import { neverUsed } from './never'",
      "import './style.css'",
      "const KEY = 'new-checkout'",
      'const client = OpenFeature.getClient()',
      'type Both = Shape | string',
      'function oldOnly(): Both { return helper(Old) }',
      'export function shown() {',
      '  return client.getBooleanValue(KEY, false) ? now() : oldOnly()',
      '}',
    ].join('\n')
    expect(clean(source, true).text).toBe(
      [
        "import React from 'react'",
        "import { neverUsed } from './never'",
        "import './style.css'",
        'export function shown() {',
        '  return now()',
        '}',
      ].join('\n'),
    )
    expect(clean(source, false).text).toContain("import Old, { helper, type Shape } from './old'")
  })

  it('a part of an import', () => {
    const source = `import a, { b, type c } from 'x'\nf(a, ${ASK} ? 1 : b)\nlet t: c`
    expect(clean(source, true).text).toBe("import a, { type c } from 'x'\nf(a, 1)\nlet t: c")
  })

  it('a parameter stays under a name that nobody is meant to read, and is listed', () => {
    const source = `const f = (context) => isOn('new-checkout', context) ? 1 : 2`
    expect(clean(source, true)).toEqual({
      text: 'const f = (_context) => 1',
      left: [{ line: 1, why: 'nothing reads _context any more' }],
    })
  })

  it('what is made by doing something is still done', () => {
    const source = (use: string) =>
      `function f({ a, b }) {\n  const c = g(a)\n  const d = { e: h() }\n  ${use}\n}`
    expect(clean(source(`return ${ASK} ? 1 : [b, c, d]`), true).text).toBe(
      'function f({ a }) {\n  g(a)\n  void ({ e: h() })\n  return 1\n}',
    )
  })
})

describe('what cannot be followed stays, and is listed', () => {
  it.each([
    [
      'a promise',
      "import { OpenFeature } from '@openfeature/server-sdk'\nconst on = client.getBooleanValue('new-checkout', false)\nif (await on) a()",
      'not awaited',
    ],
    ['a chain', "client.getBooleanValue('new-checkout', false).then(f)", 'not awaited'],
    [
      'details',
      "const { value, reason } = useFlag('new-checkout', false)\nlog(value, reason)",
      'more is read',
    ],
    ['a whole answer', "const flag = useFlag('new-checkout', false)\nlog(flag)", 'more is read'],
    ['another type', "x = useFlag('new-checkout', 'a').value", 'asked for a string'],
    ['an element', '<FeatureFlag flagKey="new-checkout">x</FeatureFlag>', 'by hand'],
    ['a gate', "import { gate } from '@flagmarshal/sdk-middleware'\ngate('new-checkout', {}, go)", 'by hand'],
    ['a name', "test({ 'new-checkout': true })", 'names it'],
  ])('%s', (_, source, why) => {
    const { text, left } = clean(source, true)
    expect(text).toBe(source)
    expect(left).toMatchObject([{ why: expect.stringContaining(why) }])
  })
})

describe('the words around keep their meaning', () => {
  it.each([
    [
      'names of a block that are taken',
      `const x = 1\nif (${ASK}) {\n  const x = 2\n  f(x)\n}\ng(x)`,
      'const x = 1\n{\n  const x = 2\n  f(x)\n}\ng(x)',
    ],
    ['an object as a body', `f = () => ${ASK} ? { a: 1 } : b`, 'f = () => ({ a: 1 })'],
    ['a function as a statement', `${ASK} && function () {}`, '(function () {})'],
    ['a line that begins with a bracket', `a\n${ASK} && [1].map(f)`, 'a\n;[1].map(f)'],
    ['a bracket after what is gone', `a\n!${ASK} && b\n;[1].map(f)`, 'a\n;[1].map(f)'],
    ['a bracket after a block that is gone', `a\nif (!${ASK}) { b() }\n(c)(d)`, 'a\n;(c)(d)'],
    ['a template of several lines', `if (${ASK}) {\n  f(\`\n    x\n  \`)\n  g()\n}`, 'f(`\n    x\n  `)\ng()'],
    ['comments', `if (${ASK}) {\n  // why\n  a() // how\n  // end\n}`, '// why\na() // how\n// end'],
    [
      'cases',
      `switch (x) {\n  case 1:\n    if (${ASK}) {\n      a()\n      break\n    }\n    b()\n  case 2:\n    c()\n}`,
      'switch (x) {\n  case 1:\n    a()\n    break\n  case 2:\n    c()\n}',
    ],
  ])('%s', (_, source, on) => {
    expect(clean(source, true).text).toBe(on)
  })
})

/** Programs that record what they do. */
const expression = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(ASK, `!${ASK}`, 'on', 'on === true', 'off') },
    { weight: 3, arbitrary: fc.nat(9).map((it) => `f(${it})`) },
    { weight: 2, arbitrary: fc.constantFrom('x', 'y', 'null', '0', '({})') },
  ),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('any').map((it) => `!(${it})`),
    tie('any').map((it) => `f(${it})`),
  ),
})).any

const statement = fc.letrec<{ any: string; list: string }>((tie) => ({
  list: fc.array(tie('any'), { maxLength: 4 }).map((it) => it.join('\n')),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    expression.map((it) => `;${it}`),
    expression.map((it) => `f(1)\n;${it}`),
    expression.map((it) => `return ${it}`),
    expression.map((it) => `y = ${it}`),
    fc.tuple(expression, tie('list')).map(([test, body]) => `if (${test}) {\nlet x = f(7)\n${body}\n}`),
    fc
      .tuple(expression, tie('list'), tie('list'))
      .map(([test, a, b]) => `if (${test}) {\n${a}\n} else {\n${b}\n}`),
    fc.tuple(expression, tie('any'), tie('any')).map(([test, a, b]) => `if (${test}) { ${a} }\nelse ${b}`),
    fc
      .tuple(expression, tie('any'))
      .map(([test, a]) => `for (const z of [1, 2]) if (${test}) { ${a} } else f(z)`),
  ),
})).list

/** What a program did, and what it answered. */
function traceOf(body: string, value: boolean): unknown {
  const trace: unknown[] = []
  const f = (it: unknown) => (trace.push(it), it)
  const isOn = () => value
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- it is made of nothing but the parts above
  const program = new Function('f', 'isOn', body) as (...given: unknown[]) => unknown
  return { answer: program(f, isOn), trace }
}

/** How many programs: a few seconds of them unless somebody wants more. */
const RUNS = Number(process.env['CLEANUP_RUNS'] ?? 300)
const SEED = Number(process.env['CLEANUP_SEED'] ?? 20_261_126)

it('a program does the same without the flag as with its value, and is clean when cleaned', () => {
  let changed = 0
  fc.assert(
    fc.property(statement, fc.boolean(), (list, keep) => {
      const source = `let x = 1, y = 2\nconst on = ${ASK}\nconst off = !on\n${list}\nreturn [x, y]`
      const wrapped = `function run() {\n${source}\n}\nrun()`
      const { text } = clean(wrapped, keep, 'a.js')
      if (text !== wrapped) changed++
      expect(traceOf(text.replace(/run\(\)$/, 'return run()'), keep)).toEqual(
        traceOf(wrapped.replace(/run\(\)$/, 'return run()'), keep),
      )
      expect(text).not.toContain('new-checkout')
      expect(clean(text, keep, 'a.js').text).toBe(text)
    }),
    { seed: SEED, numRuns: RUNS },
  )
  expect(changed).toBeGreaterThan(RUNS * 0.9)
}, 600_000)
