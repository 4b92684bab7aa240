/**
 * What a document lacks (P-S6-6): a section that its outline asks for, or something in it that is
 * empty. A builder writes nothing where a fact is missing, and says so in words where there
 * legitimately is none.
 */
import type { Block, Document, Line, Section } from './tree.ts'

/** What is missing or empty, one sentence each; `outline` names the sections that must be there. */
export function lintDocument(document: Document, outline: readonly string[]): readonly string[] {
  const missing = outline.filter((id) => !document.sections.some((it) => it.id === id))
  return [
    ...missing.map((id) => `${document.name}: the section ${id} is missing`),
    ...document.sections.flatMap((it) => emptyIn(it).map((what) => `${document.name}, ${it.title}: ${what}`)),
  ]
}

function emptyIn({ blocks }: Section): readonly string[] {
  return blocks.length === 0 ? ['it is empty'] : blocks.flatMap(emptyParts)
}

function emptyParts(block: Block): readonly string[] {
  switch (block.kind) {
    case 'text':
      return isEmpty(block.text) ? ['a paragraph is empty'] : []
    case 'code':
      return block.text.trim() === '' ? ['a command is empty'] : []
    case 'list':
      if (block.items.length === 0) return ['a list is empty']
      return block.items.some(isEmpty) ? ['an item of a list is empty'] : []
    case 'table':
      if (block.rows.length === 0) return ['a table is empty']
      return block.rows.flatMap((row) => emptyCells(block.headings, row))
  }
}

function emptyCells(headings: readonly string[], row: readonly Line[]): readonly string[] {
  const [name] = row
  const named = name === undefined || isEmpty(name) ? 'a row' : wordsOf(name)
  return headings.flatMap((heading, index) => {
    const cell = row[index]
    if (cell !== undefined && !isEmpty(cell)) return []
    return [heading === '' ? `${named} is empty` : `${heading} of ${named} is empty`]
  })
}

function isEmpty(line: Line): boolean {
  return wordsOf(line).trim() === ''
}

function wordsOf(line: Line): string {
  if (typeof line === 'string') return line
  return 'code' in line ? line.code : line.map((it) => wordsOf(it)).join('')
}
