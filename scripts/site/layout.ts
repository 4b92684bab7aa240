/** The page around a page: menu, search, its own contents, what comes before and after. */
import { escape } from './markdown.ts'
import type { Heading } from './markdown.ts'
import { KINDS } from './page.ts'
import type { Kind, Page } from './page.ts'

/** A page that is ready to be laid out. */
export interface LaidOut {
  readonly page: Pick<Page, 'address' | 'title'>
  readonly html: string
  readonly headings: readonly Heading[]
}

/** The whole document. All addresses are relative, so that the site may lie anywhere. */
export function documentOf(it: LaidOut, pages: readonly Page[]): string {
  const { address, title } = it.page
  const up = '../'.repeat(address.split('/').length - 1)
  return `<!doctype html>
<html lang="en" data-up="${up}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Flagmarshal</title>
<link rel="stylesheet" href="${up}site.css">
<script src="${up}site.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header>
<button type="button" id="open-menu" aria-expanded="false" aria-controls="menu">Menu</button>
<a class="name" href="${up}index.html">Flagmarshal</a>
<form role="search" id="search-form"><label class="hidden" for="search">Search the documentation</label>
<input id="search" type="search" placeholder="Search" autocomplete="off" aria-controls="found"><ul id="found" aria-label="Found" hidden></ul><p id="count" class="hidden" role="status"></p></form>
<button type="button" id="theme" aria-pressed="false">Dark</button>
</header>
<div class="columns">
<nav id="menu" aria-label="All pages">${menuOf(address, pages, up)}</nav>
<main id="content">
${it.html}
${neighboursOf(address, pages, up)}
</main>
${contentsOf(it.headings)}
</div>
</body>
</html>
`
}

/** The first page: what there is, by what one wants. */
export function homeOf(pages: readonly Page[]): LaidOut {
  const parts = (Object.keys(KINDS) as Kind[]).map((kind) => {
    const { title, about } = KINDS[kind]
    const lists = groupsOf(pages, kind).map(([group, members]) => {
      const list = `<ul>${members.map((it) => `<li><a href="${it.address}">${escape(it.title)}</a></li>`).join('')}</ul>`
      if (group === undefined) return list
      const name = escape(group)
      return members.length > MANY
        ? `<details><summary>${name} (${members.length})</summary>${list}</details>`
        : `<h3>${name}</h3>${list}`
    })
    return `<section><h2 id="${kind}">${title}</h2><p>${escape(about)}</p>${lists.join('')}</section>`
  })
  const html = `<h1>Flagmarshal</h1>
<p class="lead">Progressive delivery that follows a written procedure: flags, gates, evidence, rollouts that stop at the first sign of harm, and kills that are proven. <a href="start.html">Begin here.</a></p>
<div class="kinds">${parts.join('\n')}</div>`
  return { page: { address: 'index.html', title: 'Documentation' }, html, headings: [] }
}

function menuOf(current: string, pages: readonly Page[], up: string): string {
  return (Object.keys(KINDS) as Kind[])
    .map((kind) => {
      const parts = groupsOf(pages, kind).map(([group, members]) => {
        const list = `<ul>${members.map((it) => entryOf(it, current, up)).join('')}</ul>`
        if (group === undefined) return list
        const isOpen = members.some((it) => it.address === current)
        return `<details${isOpen ? ' open' : ''}><summary>${escape(group)}</summary>${list}</details>`
      })
      return `<h2>${KINDS[kind].title}</h2>${parts.join('')}`
    })
    .join('\n')
}

/** More pages than these are shown on the first page only when one asks for them. */
const MANY = 12

/** The pages of a kind by their groups, those without one first. */
function groupsOf(
  pages: readonly Page[],
  kind: Kind,
): readonly (readonly [string | undefined, readonly Page[]])[] {
  const own = pages.filter((it) => it.kind === kind)
  return [...Map.groupBy(own, (it) => it.group)].toSorted(
    ([a], [b]) => Number(a !== undefined) - Number(b !== undefined),
  )
}

function entryOf({ address, title }: Page, current: string, up: string): string {
  const here = address === current ? ' aria-current="page"' : ''
  return `<li><a href="${up}${address}"${here}>${escape(title)}</a></li>`
}

function contentsOf(headings: readonly Heading[]): string {
  const own = headings.filter((it) => it.depth === 2 || it.depth === 3)
  if (own.length < 2) return '<div></div>'
  const list = own.map(
    (it) => `<li class="depth-${it.depth}"><a href="#${it.id}">${escape(it.text)}</a></li>`,
  )
  return `<nav class="contents" aria-label="On this page"><h2>On this page</h2><ul>${list.join('')}</ul></nav>`
}

/** Before and after it among those of its kind and group. */
function neighboursOf(current: string, pages: readonly Page[], up: string): string {
  const here = pages.find((it) => it.address === current)
  const same = pages.filter((it) => it.kind === here?.kind && it.group === here.group)
  const at = same.findIndex((it) => it.address === current)
  const link = (it: Page | undefined, rel: 'prev' | 'next', arrow: string) =>
    it === undefined
      ? '<span></span>'
      : `<a rel="${rel}" href="${up}${it.address}">${arrow.replace('…', escape(it.title))}</a>`
  if (here === undefined || same.length < 2) return ''
  return `<nav class="neighbours" aria-label="Pages beside this one">${link(same[at - 1], 'prev', '← …')}${link(same[at + 1], 'next', '… →')}</nav>`
}
