/**
 * The documentation as a folder of plain HTML: no server, no request to any other host, every link
 * looked at while it is made. A link that leads nowhere ends the build.
 */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { documentOf, homeOf } from './layout.ts'
import { render } from './markdown.ts'
import type { Rendered } from './markdown.ts'
import { addressOf, ROOT, writtenPages } from './page.ts'
import type { Page } from './page.ts'
import { apiPages } from './reference-api.ts'
import { commandPages, documentPage } from './reference-product.ts'

export interface Built {
  readonly pages: readonly Page[]
  /** Links that were looked at. */
  readonly links: number
}

/** What is known of a page that others link to. */
interface Target {
  readonly page: Page
  readonly rendered: Rendered
}

/** `source`: address of the repository's files, for links to code; without it they are shown as text. */
export function buildSite(folder: string, source?: string): Built {
  const pages = [...writtenPages(), documentPage(), ...commandPages(), ...apiPages()]
  const images = new Set<string>()
  const found: string[] = []
  const targets = new Map<string, Target>()
  const links: { readonly from: Page; readonly to: string }[] = []
  for (const page of pages) {
    const rewrite = (link: string) => {
      const to = rewritten(link, page, { images, source })
      if (to !== undefined && !isElsewhere(to)) links.push({ from: page, to })
      if (to === undefined) found.push(`${page.source}: ${link}`)
      return to ?? '#'
    }
    targets.set(page.address, { page, rendered: render(page.markdown, rewrite) })
  }
  for (const { from, to } of links)
    if (!leadsSomewhere(from, to, { targets, images })) found.push(`${from.source}: ${to}`)
  if (found.length > 0) throw new Error(`These links lead nowhere:\n${found.join('\n')}`)
  write(folder, { pages, targets, images })
  return { pages, links: links.length }
}

function isElsewhere(link: string): boolean {
  return /^[a-z][a-z+.-]*:/.test(link)
}

interface Surroundings {
  readonly images: Set<string>
  readonly source: string | undefined
}

/** A link of a file as one of the site; undefined where the file that it names is not there. */
function rewritten(link: string, page: Page, { images, source }: Surroundings): string | undefined {
  if (isElsewhere(link) || link.startsWith('#')) return link
  const [file = '', heading] = link.split('#')
  const fragment = heading === undefined ? '' : `#${heading}`
  // Pages that are made from the product link to each other as they will lie.
  const isMade = page.address.startsWith('reference/')
  const at = path.posix.join(path.posix.dirname(isMade ? page.address : page.source), file)
  if (isMade) return `${relative(page.address, at.replace(/\.md$/, '.html'))}${fragment}`
  if (!existsSync(path.join(ROOT, at))) return undefined
  if (/\.(webp|png|svg)$/.test(at)) {
    images.add(at)
    return relative(page.address, at)
  }
  const known = writtenAddresses()
  const readme = path.posix.join(at, 'README.md')
  const target = known.has(at) ? at : known.has(readme) ? readme : undefined
  if (target !== undefined) return `${relative(page.address, addressOf(target))}${fragment}`
  // Code and folders are in the repository, not here.
  return source === undefined ? `#${OUTSIDE}` : `${source.replace(/\/$/, '')}/${at}`
}

/** Where links to code lead while no address of the repository is known: to a note at the end of the page. */
const OUTSIDE = 'in-the-repository'

let addresses: ReadonlySet<string> | undefined
function writtenAddresses(): ReadonlySet<string> {
  addresses ??= new Set(writtenPages().map((it) => it.source))
  return addresses
}

function relative(from: string, to: string): string {
  return path.posix.relative(path.posix.dirname(from), to)
}

interface Made {
  readonly targets: ReadonlyMap<string, Target>
  readonly images: ReadonlySet<string>
}

function leadsSomewhere(from: Page, to: string, { targets, images }: Made): boolean {
  const [file = '', heading] = to.split('#')
  if (heading === OUTSIDE) return true
  const at = file === '' ? from.address : path.posix.join(path.posix.dirname(from.address), file)
  if (images.has(at) || at === 'index.html') return true
  const target = targets.get(at)
  if (target === undefined) return false
  return heading === undefined || target.rendered.headings.some((it) => it.id === heading)
}

function write(folder: string, { pages, targets, images }: Made & { readonly pages: readonly Page[] }): void {
  rmSync(folder, { recursive: true, force: true })
  const put = (name: string, text: string) => {
    const at = path.join(folder, name)
    mkdirSync(path.dirname(at), { recursive: true })
    writeFileSync(at, text)
  }
  for (const { page, rendered } of targets.values()) {
    const html = rendered.html.includes(`href="#${OUTSIDE}"`)
      ? `${rendered.html}<p id="${OUTSIDE}" class="outside">Links to code lead into the repository, where these files are.</p>`
      : rendered.html
    put(page.address, documentOf({ page, html, headings: rendered.headings }, pages))
  }
  put('index.html', documentOf(homeOf(pages), pages))
  put('search.js', `window.searchIndex = ${JSON.stringify(indexOf(targets))}\n`)
  for (const image of images) {
    mkdirSync(path.dirname(path.join(folder, image)), { recursive: true })
    cpSync(path.join(ROOT, image), path.join(folder, image))
  }
  for (const file of ['site.css', 'site.js'])
    cpSync(path.join(import.meta.dirname, 'theme', file), path.join(folder, file))
}

/** What is searched: address, page, heading, text. */
function indexOf(targets: ReadonlyMap<string, Target>): readonly (readonly string[])[] {
  return [...targets.values()].flatMap(({ page, rendered }) =>
    rendered.sections
      .filter(({ heading, text }) => heading !== undefined || text !== '')
      .map(({ heading, text }) => [
        `${page.address}${heading === undefined || heading.depth === 1 ? '' : `#${heading.id}`}`,
        page.title,
        heading?.text ?? '',
        text.slice(0, 1_200),
      ]),
  )
}
