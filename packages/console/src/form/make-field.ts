/** Fields by their kinds, in one line each. */
import type { Field } from './field.ts'

type More = { readonly help?: string; readonly optional?: true }
/** One line. */
export const line = (key: string, label: string, more: More = {}): Field => ({
  kind: 'line',
  key,
  label,
  ...more,
})
/** A text of any length. */
export const text = (key: string, label: string, more: More = {}): Field => ({
  kind: 'text',
  key,
  label,
  ...more,
})
/** Several lines, one entry each. */
export const lines = (key: string, label: string, more: More = {}): Field => ({
  kind: 'lines',
  key,
  label,
  ...more,
})
/** A number. */
export const number = (key: string, label: string, more: More = {}): Field => ({
  kind: 'number',
  key,
  label,
  ...more,
})
/** One of several words. */
export const choice = (key: string, label: string, of: readonly string[], more: More = {}): Field => ({
  kind: 'choice',
  key,
  label,
  of,
  ...more,
})
/** Fields that belong together, under a name of their own. */
export const group = (key: string, label: string, fields: readonly Field[], more: More = {}): Field => ({
  kind: 'group',
  key,
  label,
  fields,
  ...more,
})
/** As many of a field as there are. */
export const list = (key: string, label: string, add: string, item: Field): Field => ({
  kind: 'list',
  key,
  label,
  add,
  item,
})

/** Some of several words. */
// oxlint-disable-next-line max-params -- as the others
export const choices = (key: string, label: string, of: readonly string[], more: More = {}): Field => ({
  kind: 'choices',
  key,
  label,
  of,
  ...more,
})
/** What is typed unseen, and never shown again. */
export const secret = (key: string, label: string, more: More = {}): Field => ({
  kind: 'secret',
  key,
  label,
  ...more,
})
