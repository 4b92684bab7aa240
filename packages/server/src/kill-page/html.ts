/**
 * HTML made of plain template functions. What is put into a template is text and escaped, unless a
 * template made it.
 */

/** Markup that a template made. */
export interface Html {
  readonly markup: string
}

type Part = string | number | Html | readonly Html[]

/** Markup; every value but markup itself is escaped, in text and in quoted attributes alike. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // Indentation is for whoever reads the source; a slow network does without.
  const written = texts.map((text) => text.replace(/\n\s*/g, '\n'))
  return { markup: written.map((text, index) => text + markupOf(parts[index] ?? '')).join('') }
}

/** Nothing. */
export const NOTHING: Html = { markup: '' }

function markupOf(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part))
  return 'markup' in part ? part.markup : part.map((it) => it.markup).join('')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (it) => ESCAPES[it] ?? it)
}
