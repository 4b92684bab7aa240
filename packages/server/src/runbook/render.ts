/**
 * A document's tree as Markdown (GitHub's flavour). The same tree gives the same bytes; what people
 * wrote is text and never markup.
 */
import type { Block, Document, Inline, Line } from '@flagmarshal/domain/runbook/tree'
import type { BlockContent, List, PhrasingContent, RootContent, Table, TableRow } from 'mdast'
import { gfmToMarkdown } from 'mdast-util-gfm'
import { toMarkdown } from 'mdast-util-to-markdown'

const OPTIONS = {
  bullet: '-',
  fence: '`',
  fences: true,
  listItemIndent: 'one',
  rule: '-',
  extensions: [gfmToMarkdown({ tablePipeAlign: false })],
} as const

/** The document: its title, then its sections; ends with a line end. */
export function renderDocument({ title, sections }: Document): string {
  return render([
    heading(1, title),
    ...sections.flatMap((it) => [heading(2, it.title), ...it.blocks.map(blockOf)]),
  ])
}

/** The sections alone, their headings at a level: for a part of somebody else's file. */
export function renderSections(sections: Document['sections'], level: 2 | 3): string {
  return render(sections.flatMap((it) => [heading(level, it.title), ...it.blocks.map(blockOf)]))
}

function render(children: RootContent[]): string {
  return toMarkdown({ type: 'root', children }, { ...OPTIONS, extensions: [...OPTIONS.extensions] })
}

function heading(depth: 1 | 2 | 3, title: string): RootContent {
  return { type: 'heading', depth, children: [{ type: 'text', value: oneLine(title) }] }
}

function blockOf(block: Block): BlockContent {
  switch (block.kind) {
    case 'text':
      return { type: 'paragraph', children: phrasesOf(block.text) }
    case 'code':
      return { type: 'code', lang: block.language, value: block.text }
    case 'list':
      return listOf(block.items, block.ordered)
    case 'table':
      return tableOf(block.headings, block.rows)
  }
}

function listOf(items: readonly Line[], ordered: boolean): List {
  return {
    type: 'list',
    ordered,
    spread: false,
    children: items.map((it) => ({
      type: 'listItem',
      spread: false,
      children: [{ type: 'paragraph', children: phrasesOf(it) }],
    })),
  }
}

function tableOf(headings: readonly string[], rows: readonly (readonly Line[])[]): Table {
  return { type: 'table', children: [rowOf(headings), ...rows.map(rowOf)] }
}

function rowOf(cells: readonly Line[]): TableRow {
  return {
    type: 'tableRow',
    children: cells.map((it) => ({ type: 'tableCell', children: phrasesOf(it) })),
  }
}

function phrasesOf(line: Line): PhrasingContent[] {
  return typeof line === 'string' || 'code' in line ? inlineOf(line) : line.flatMap(inlineOf)
}

/** Addresses become links, so that they can be followed; the rest is text on one line. */
function inlineOf(inline: Inline): PhrasingContent[] {
  if (typeof inline !== 'string') return [{ type: 'inlineCode', value: oneLine(inline.code) }]
  return oneLine(inline)
    .split(/(https?:\/\/[^\s<>"'`|\\]+[^\s<>"'`|\\.,;:!?)])/)
    .filter((it) => it !== '')
    .map((it) =>
      /^https?:\/\//.test(it) && URL.canParse(it)
        ? { type: 'link', url: it, children: [{ type: 'text', value: it }] }
        : { type: 'text', value: it },
    )
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ')
}
