/** The documentation site: every page is there, can be reached from the first one, and every link leads somewhere. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { buildSite } from '../scripts/site/build.ts'
import type { Built } from '../scripts/site/build.ts'
import { slugOf } from '../scripts/site/markdown.ts'

const root = path.resolve(import.meta.dirname, '..')
let folder: string
let built: Built
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-site-'))
  built = buildSite(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the documentation site', () => {
  it('has every page of docs/ by its being there, and every noun of API and command line', () => {
    const written = new Set(built.pages.map((it) => it.source))
    const missing = globSync('docs/**/*.md', { cwd: root }).filter(
      (it) => !written.has(it) && !it.startsWith('docs/walkthrough/files/'),
    )
    expect(missing).toEqual([])
    const addresses = built.pages.map((it) => it.address)
    expect(new Set(addresses).size).toBe(addresses.length)
    expect(addresses).toEqual(
      expect.arrayContaining([
        'start.html',
        'reference/api/flags.html',
        'reference/cli/flag.html',
        'reference/documents.html',
      ]),
    )
    expect(new Set(built.pages.map((it) => it.kind))).toEqual(
      new Set(['tutorial', 'how-to', 'reference', 'explanation']),
    )
  })

  it('reaches every page from the first one, and no link of any leads nowhere', () => {
    const files = new Map(
      globSync('**/*.html', { cwd: folder }).map((it) => [it, readFileSync(path.join(folder, it), 'utf8')]),
    )
    const reached = new Set(['index.html'])
    const broken: string[] = []
    for (const page of reached)
      for (const to of linksOf(files.get(page) ?? '')) {
        const [file = '', heading] = to.split('#')
        const at = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
        const target = files.get(at)
        if (target === undefined || (heading !== undefined && !target.includes(`id="${heading}"`)))
          broken.push(`${page}: ${to}`)
        else reached.add(at)
      }
    expect(broken).toEqual([])
    expect([...files.keys()].filter((it) => !reached.has(it))).toEqual([])
    expect(built.links).toBeGreaterThan(1_000)
  })

  it('asks no other host for anything', () => {
    const asking = globSync('**/*.{html,css,js}', { cwd: folder }).filter((it) =>
      /(?:src|srcset)="https?:|@import|url\(https?:|<link[^>]+href="https?:/.test(
        readFileSync(path.join(folder, it), 'utf8'),
      ),
    )
    expect(asking.filter((it) => it !== 'search.js')).toEqual([])
  })

  it('addresses headings as GitHub does, so that a link works in both places', () => {
    expect(slugOf('What is not in this version?')).toBe('what-is-not-in-this-version')
    expect(slugOf('flagmarshal/refs.yaml')).toBe('flagmarshalrefsyaml')
    expect(slugOf('A  & B')).toBe('a---b')
  })
})

function linksOf(html: string): readonly string[] {
  return [...html.matchAll(/<a [^>]*href="([^"]+)"/g)]
    .map(([, to = '']) => to)
    .filter((to) => !/^[a-z][a-z+.-]*:/.test(to))
}
