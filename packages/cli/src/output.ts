/** What a result looks like: for people, as JSON or YAML for programs, or as Markdown to paste somewhere. */
import { stringify } from 'yaml'

import { table } from './table.ts'

/** How results are printed; `table` is the usual one, for people. */
export const FORMS = ['table', 'json', 'yaml', 'md'] as const

export type Form = (typeof FORMS)[number]

/** The version of the JSON and YAML that commands print. */
export const SCHEMA = 'flagmarshal.dev/cli/v1'

/** A member under the version, as JSON or YAML; undefined in the forms for people. */
export function structured(form: Form, content: Readonly<Record<string, unknown>>): string | undefined {
  const whole = { schema: SCHEMA, ...content }
  if (form === 'json') return JSON.stringify(whole, null, 2)
  // Through JSON, so that both say the same: what is undefined is left out.
  if (form === 'yaml')
    return stringify(JSON.parse(JSON.stringify(whole)), { aliasDuplicateObjects: false }).trimEnd()
  return undefined
}

/** A text for people, as it is or as a block of Markdown. */
export function written(form: Form, text: string): string {
  return form === 'md' ? `\`\`\`text\n${text}\n\`\`\`` : text
}

/** Rows under headings, in columns or as a table of Markdown. */
export function tabled(
  form: Form,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (form !== 'md' || rows.length === 0) return table(headings, rows)
  const line = (cells: readonly string[]) =>
    `| ${cells.map((it) => it.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n')
}
