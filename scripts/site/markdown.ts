/** Markdown as HTML: headings with addresses, links between pages, tables that scroll by themselves. */
import { Marked } from 'marked'
import type { Tokens } from 'marked'

/** A heading of a page. */
export interface Heading {
  readonly id: string
  readonly text: string
  readonly depth: number
}

/** A page as HTML, and what it consists of. */
export interface Rendered {
  readonly html: string
  readonly headings: readonly Heading[]
  /** Its text by headings, for the search. */
  readonly sections: readonly Section[]
}

/** What stands below a heading. */
interface Section {
  readonly heading: Heading | undefined
  readonly text: string
}

/** Turns a link of the source into one of the site. */
export type Rewrite = (link: string) => string

/** Renders a page. */
export function render(markdown: string, rewrite: Rewrite): Rendered {
  const headings: Heading[] = []
  const seen = new Map<string, number>()
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading) {
        const html = this.parser.parseInline(tokens)
        const text = plain(html)
        const heading = { id: unique(slugOf(text), seen), text, depth }
        headings.push(heading)
        const link = `<a class="anchor" href="#${heading.id}" aria-label="Address of ${escape(text)}">#</a>`
        return `<h${depth} id="${heading.id}">${html}${depth === 1 ? '' : ` ${link}`}</h${depth}>\n`
      },
      code({ text, lang = '' }: Tokens.Code) {
        const [language = ''] = lang.split(/\s/)
        return `<div class="code"><pre tabindex="0"${language === '' ? '' : ` data-language="${escape(language)}"`}><code>${coloured(text, language)}</code></pre></div>\n`
      },
    },
  })
  const html = marked
    .parse(markdown, { async: false })
    .replaceAll(
      /<table>.*?<\/table>/gs,
      (it) => `<div class="table" role="region" tabindex="0" aria-label="Table">${it}</div>`,
    )
    .replaceAll(
      /\b(href|src|srcset)="([^"]*)"/g,
      (_, name: string, to: string) => `${name}="${escape(rewrite(unescape(to)))}"`,
    )
  return { html, headings, sections: sectionsOf(html, headings) }
}

/** As GitHub makes the addresses of headings. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

/** Text for HTML. */
export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function unescape(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

/** The text of HTML. */
function plain(html: string): string {
  return unescape(html.replaceAll(/<[^>]*>/g, ''))
}

function unique(id: string, seen: Map<string, number>): string {
  const before = seen.get(id)
  seen.set(id, (before ?? 0) + 1)
  return before === undefined ? id : `${id}-${before}`
}

/** Only what helps the eye: comments of shells and of YAML are told from what is typed. */
function coloured(text: string, language: string): string {
  const lines = escape(text).split('\n')
  if (!['sh', 'yaml', 'js', 'ts', 'tsx'].includes(language)) return lines.join('\n')
  const comment = language === 'sh' || language === 'yaml' ? /(^|\s)(# .*)$/ : /(^|\s)(\/\/ .*)$/
  return lines.map((it) => it.replace(comment, '$1<span class="comment">$2</span>')).join('\n')
}

function sectionsOf(html: string, headings: readonly Heading[]): readonly Section[] {
  const parts = html.replaceAll(/<a class="anchor".*?<\/a>/g, '').split(/<h[1-6] id="[^"]*">.*?<\/h[1-6]>/s)
  return parts.map((part, i) => ({
    heading: headings[i - 1],
    text: plain(part.replaceAll(/<\/(?:td|th|li|p|div)>/g, ' '))
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }))
}
