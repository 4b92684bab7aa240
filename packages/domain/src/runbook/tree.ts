/**
 * The tree that a document is built as: sections of plain blocks, nothing of Markdown in it. The
 * server renders it, and serves it as it is to machines.
 */

/** A piece of a line: words, or something to be typed or read exactly as it is. */
export type Inline = string | { readonly code: string }

/** What stands in a cell, an item or a paragraph. */
export type Line = Inline | readonly Inline[]

export type Block =
  | { readonly kind: 'text'; readonly text: Line }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly Line[] }
  | {
      readonly kind: 'table'
      readonly headings: readonly string[]
      readonly rows: readonly (readonly Line[])[]
    }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }

export interface Section {
  /** Kebab-case, stable: programs ask for it. */
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

export interface Document {
  /** Kebab-case: the name of its file. */
  readonly name: string
  readonly title: string
  readonly sections: readonly Section[]
}

/** A section of a document. */
export function section(id: string, title: string, ...blocks: readonly Block[]): Section {
  return { id, title, blocks }
}

/** A paragraph. */
export function text(line: Line): Block {
  return { kind: 'text', text: line }
}

/** Items with dots; where there is none, one sentence that says so. */
export function list(items: readonly Line[], none?: string): Block {
  if (items.length === 0 && none !== undefined) return text(none)
  return { kind: 'list', ordered: false, items }
}

/** Items in their order. */
export function steps(items: readonly Line[]): Block {
  return { kind: 'list', ordered: true, items }
}

/** Rows under headings; where there is none, one sentence that says so. */
export function table(headings: readonly string[], rows: readonly (readonly Line[])[], none?: string): Block {
  if (rows.length === 0 && none !== undefined) return text(none)
  return { kind: 'table', headings, rows }
}

/** Names and what they are worth. */
export function fields(rows: readonly (readonly [string, Line])[]): Block {
  return table(['', ''], rows)
}

/** Commands to be typed. */
export function commands(...lines: readonly string[]): Block {
  return { kind: 'code', language: 'sh', text: lines.join('\n') }
}

/** Something to be typed or read exactly as it is. */
export function code(it: string): Inline {
  return { code: it }
}
