/** The commands that the documents show: every block of a shell, and every command inside a sentence. */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../../../..')

/** A block of commands of a page. */
export interface Block {
  /** The file, from the root of the repository. */
  readonly page: string
  /** Counted from 1 on its page. */
  readonly number: number
  readonly script: string
}

/** Files for people, without what records how things came to be. */
export function pagesOf(): readonly string[] {
  const patterns = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'docs/**/*.md',
    'packages/*/README.md',
    'packages/sdk/*/README.md',
    'examples/*/README.md',
    'benchmarks/README.md',
  ]
  return globSync(patterns, { cwd: root })
    .filter((it) => !it.startsWith('docs/decisions/'))
    .toSorted()
}

/** The text of a page. */
export function textOf(page: string): string {
  return readFileSync(path.join(root, page), 'utf8')
}

/** The blocks of a page, in order; those in lists are taken out of their indentation. */
export function blocksOf(page: string, text = textOf(page)): readonly Block[] {
  return [...text.matchAll(/^( *)```(?:sh|console|bash|shell)\n(.*?)^\1```$/gms)].map(
    ([, indent = '', script = ''], i) => ({
      page,
      number: i + 1,
      script: script.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}

/** Commands inside sentences, on one line each. */
export function mentionsOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^ *```.*?^ *```$/gms, '')
  return [...prose.matchAll(/`((?:flagmarshal|npm run) [^`]+)`/g)].map(([, it = '']) =>
    it.replaceAll(/\s+/g, ' '),
  )
}
