/** What the documents say is there: commands, options, scripts, files and headings that they lead to. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { commandsOf } from '@flagmarshal/cli/examples'
import { build } from '@flagmarshal/cli/program'
import { expect, it } from 'vitest'

import { blocksOf, mentionsOf, pagesOf, textOf } from '../packages/cli/test/support/documents.ts'

const root = path.resolve(import.meta.dirname, '..')
const program = build(
  () => {
    throw new Error('nothing is run')
  },
  () => undefined,
  { streams: { out: () => undefined, err: () => undefined, colour: false, terminal: false }, env: {} },
)
const scripts: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
).scripts
const verbs = new Set(commandsOf(program).flatMap(([at]) => beginnings(at)))
const pages = pagesOf()

it('every command and option in a sentence is there', () => {
  const mentions = pages.flatMap((page) => mentionsOf(textOf(page)).map((it) => [page, it] as const))
  expect(mentions.length).toBeGreaterThan(80)
  const wrong = mentions.filter(([, it]) => (it.startsWith('npm') ? !isScript(it) : !isCommand(it)))
  expect(wrong).toEqual([])
})

it('every block names a language, and a shell is `sh`', () => {
  const wrong = pages.flatMap((page) =>
    [...textOf(page).matchAll(/^ *```(console|bash|shell|zsh)$/gm)].map(([fence]) => `${page}: ${fence}`),
  )
  expect(wrong).toEqual([])
  expect(pages.flatMap((page) => blocksOf(page)).length).toBeGreaterThan(40)
})

it('every link to a file leads to one, and to a heading that it has', () => {
  const wrong = pages.flatMap((page) => {
    const text = textOf(page).replaceAll(/^ *```.*?^ *```$/gms, '')
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, to = '']) => to)
      .filter((to) => !/^[a-z]+:/.test(to) && !leadsSomewhere(page, to))
      .map((to) => `${page}: ${to}`)
  })
  expect(wrong).toEqual([])
})

function leadsSomewhere(page: string, to: string): boolean {
  const [file = '', heading] = to.split('#')
  const at = file === '' ? page : path.join(path.dirname(page), file)
  if (!existsSync(path.join(root, at))) return false
  return heading === undefined || !at.endsWith('.md') || headingsOf(textOf(at)).includes(heading)
}

/** As GitHub and the site make them. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, it = '']) =>
    it
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
}

function isScript(mention: string): boolean {
  const name =
    mention
      .split(' ')
      .slice(2)
      .find((it) => !it.startsWith('-')) ?? ''
  return Object.hasOwn(scripts, name) || mention.includes(' -w ')
}

/** A command, or the beginning of one: its words are known, and so are the options that follow. */
function isCommand(mention: string): boolean {
  const words = mention.split(' ').slice(1)
  if (words[0]?.startsWith('<') === true || words[0]?.startsWith('--') === true) return true
  let at = ''
  for (const word of words) {
    const next = `${at} ${word}`.trim()
    if (!verbs.has(next)) break
    at = next
  }
  const command = at
    .split(' ')
    .reduce((above, name) => above.commands.find((it) => it.name() === name) ?? above, program)
  const rest = words.slice(at.split(' ').length)
  const named = rest.filter((it) => /^--?[a-z]/.test(it)).map((it) => it.replace(/[=,].*$/, ''))
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short])
  const isWhole = command.commands.length === 0 || rest.length === 0 || rest[0] === '--help'
  return at !== '' && isWhole && named.every((it) => it === '--help' || known.includes(it))
}

function beginnings(at: string): readonly string[] {
  const words = at.split(' ')
  return words.map((_, i) => words.slice(0, i + 1).join(' '))
}
