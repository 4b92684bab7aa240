/** The pages of the documentation: every Markdown file for people, by what it is for. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The root of the repository. */
export const ROOT = path.resolve(import.meta.dirname, '../..')

/** What a page is for: learning, doing, looking up, understanding. */
export type Kind = 'tutorial' | 'how-to' | 'reference' | 'explanation'

/** A page before it is laid out. */
export interface Page {
  /** The file in the repository; of what is generated, what it is made from. */
  readonly source: string
  /** Its address below the site, like `docs/pipelines.html`. */
  readonly address: string
  readonly kind: Kind
  /** Heading of its group in the menu; pages without one come first. */
  readonly group?: string
  readonly title: string
  readonly markdown: string
}

/** How kinds are shown, in the order of the menu. */
export const KINDS: Readonly<Record<Kind, { readonly title: string; readonly about: string }>> = {
  tutorial: { title: 'Tutorial', about: 'Learn it by doing it once, from nothing to a running rollout.' },
  'how-to': { title: 'How to', about: 'One task each, for those who know what they want.' },
  reference: { title: 'Reference', about: 'Everything there is, made from the product itself.' },
  explanation: { title: 'Explanation', about: 'Why it is as it is, and what it promises.' },
}

/** Where a page is no how-to, the kind that a new page of a folder has. First that begins so. */
const PLACES: readonly (readonly [begins: string, kind: Kind, group?: string])[] = [
  ['README.md', 'tutorial'],
  ['docs/walkthrough.md', 'tutorial'],
  ['examples/shop', 'tutorial'],
  ['docs/access-matrix.md', 'reference'],
  ['docs/glossary.md', 'reference'],
  ['docs/procedure.md', 'reference'],
  ['docs/operations/settings.md', 'reference'],
  ['docs/operations/internet-scale.md', 'explanation', 'Running it'],
  ['docs/operations/sizing.md', 'explanation', 'Running it'],
  ['docs/operations/scaling.md', 'explanation', 'Running it'],
  ['docs/operations/', 'how-to', 'Running it'],
  ['docs/coming-from', 'how-to', 'Coming from elsewhere'],
  ['docs/migrate', 'how-to', 'Coming from elsewhere'],
  ['docs/comparison.md', 'explanation'],
  ['docs/security/', 'explanation', 'Security'],
  ['SECURITY.md', 'explanation', 'Security'],
  ['docs/decisions/', 'explanation', 'Decisions'],
  ['docs/skills/', 'how-to', 'Agents'],
  ['docs/agents.md', 'how-to', 'Agents'],
  ['packages/sdk/', 'how-to', 'Applications'],
  ['examples/', 'how-to', 'Applications'],
  ['CONTRIBUTING.md', 'how-to', 'Working on it'],
  ['packages/', 'how-to', 'Working on it'],
  ['benchmarks/', 'explanation'],
  ['CHANGELOG.md', 'reference'],
]

const FILES = [
  '*.md',
  'docs/**/*.md',
  'packages/*/README.md',
  'packages/sdk/*/README.md',
  'examples/*/README.md',
  'benchmarks/README.md',
]

/** Files that others read, not people. */
const NO_PAGES = /^docs\/walkthrough\/files\//

/** Every page that is written; a new file in `docs/` is one by being there. */
export function writtenPages(): readonly Page[] {
  return globSync(FILES, { cwd: ROOT })
    .filter((it) => !NO_PAGES.test(it))
    .toSorted(inMenuOrder)
    .map((source) => {
      const text = readFileSync(path.join(ROOT, source), 'utf8')
      // Settings for programs that read skills.
      const markdown = text.replace(/^---\n.*?\n---\n/s, '')
      const [, kind, group] = PLACES.find(([begins]) => source.startsWith(begins)) ?? [
        source,
        'how-to' as const,
      ]
      return {
        source,
        address: addressOf(source),
        kind,
        ...(group === undefined ? {} : { group }),
        title: titleOf(source, markdown),
        markdown,
      }
    })
}

/** `docs/operations/install.md` → `docs/operations/install.html`; a README stands for its folder. */
export function addressOf(source: string): string {
  return source === 'README.md'
    ? 'start.html'
    : source.replace(/(README)?\.md$/, (_, readme) => (readme === undefined ? '.html' : 'index.html'))
}

function titleOf(source: string, markdown: string): string {
  if (source === 'README.md') return 'Overview and five minutes'
  return (/^# (.+)$/m.exec(markdown)?.[1] ?? source).replaceAll('`', '')
}

/** The README first, then alphabetically, a folder's own page before those in it. */
function inMenuOrder(a: string, b: string): number {
  const rank = (it: string) => (it === 'README.md' ? 0 : it.startsWith('docs/') ? 1 : 2)
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}
