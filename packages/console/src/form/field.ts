/**
 * Forms as data. What a person fills in is described once, field by field; the same description
 * draws the form, says what is still lacking, and makes the body that is sent.
 */

interface Named {
  /** Name in the body. */
  readonly key: string
  readonly label: string
  readonly help?: string
  /** May be left out. */
  readonly optional?: true
}

/** One of several shapes: `begin` is what tells it from the others, and what it starts with. */
export interface Option {
  readonly label: string
  /** A text stands for itself; in an object, an empty text only asks that the name be there. */
  readonly begin: string | Readonly<Record<string, unknown>>
  readonly fields: readonly Field[]
}

/** Where the suggestions for a line come from. */
export type Suggested = 'criteria' | 'people' | 'environments' | 'channels'

export type Field = Named &
  (
    | { readonly kind: 'line'; readonly suggest?: Suggested }
    | { readonly kind: 'text' | 'day' | 'instant' | 'number' | 'check' | 'lines' }
    | { readonly kind: 'secret' }
    | { readonly kind: 'upload' }
    | { readonly kind: 'json' }
    | { readonly kind: 'choice' | 'choices'; readonly of: readonly string[] }
    | { readonly kind: 'hook'; readonly part: 'code' | 'data' | 'infrastructure' }
    | { readonly kind: 'group'; readonly fields: readonly Field[] }
    | { readonly kind: 'list'; readonly item: Field; readonly add: string }
    | { readonly kind: 'either'; readonly options: readonly Option[] }
  )

/** Somewhere that something is kept: an address, a commit, a ticket, or a file given to the server. */
export function reference(key: string, label: string, more: Partial<Named> = {}): Field {
  const line = (name: string, title: string): Field => ({ kind: 'line', key: name, label: title })
  return {
    kind: 'either',
    key,
    label,
    ...more,
    options: [
      { label: 'address', begin: { kind: 'url' }, fields: [line('url', 'Address')] },
      {
        label: 'commit',
        begin: { kind: 'git' },
        fields: [
          line('repository', 'Repository'),
          line('commit', 'Commit'),
          { ...line('path', 'Path'), optional: true },
        ],
      },
      { label: 'ticket', begin: { kind: 'jira' }, fields: [line('issue', 'Ticket')] },
      {
        label: 'file',
        begin: { kind: 'upload' },
        fields: [{ kind: 'upload', key: 'hash', label: 'File' }],
      },
    ],
  }
}

/** The fields of an object; of anything else, none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** A text of an object; what stands for it where there is none, or nothing in it. */
export function wordOf(value: unknown, name: string, empty: string): string {
  const word = fieldsOf(value)[name]
  return typeof word === 'string' && word !== '' ? word : empty
}

/** The items of a list; of anything else, none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Which of the shapes a value has. */
export function optionOf(options: readonly Option[], value: unknown): Option | undefined {
  return options.find(({ begin }) => {
    if (typeof begin === 'string') return begin === value
    if (typeof value !== 'object' || value === null) return false
    const has = fieldsOf(value)
    return Object.entries(begin).every(([name, it]) => (it === '' ? name in has : has[name] === it))
  })
}

/** A value as it is sent: without empty texts, empty lists, and groups that nobody began; undefined for nothing. */
function sent(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'group':
      return sentFields(field.fields, value)
    case 'list':
      return filled(itemsOf(value).map((it) => sent(field.item, it)))
    case 'choices':
    case 'lines':
      return filled(itemsOf(value).map((it) => (it === '' ? undefined : it)))
    case 'either': {
      const option = optionOf(field.options, value)
      if (option === undefined || typeof option.begin === 'string') return option?.begin
      const marks = Object.entries(option.begin).filter(([, it]) => it !== '')
      const own = sentFields(option.fields, value)
      return own === undefined && marks.length === 0 ? undefined : { ...Object.fromEntries(marks), ...own }
    }
    case 'json':
      return typeof value === 'string' ? undefined : value
    case 'check':
    case 'choice':
    case 'day':
    case 'hook':
    case 'instant':
    case 'line':
    case 'number':
    case 'secret':
    case 'text':
    case 'upload':
      return value === '' || value === null ? undefined : value
  }
}

/** The body of several fields; undefined where nothing was given. */
export function sentFields(
  fields: readonly Field[],
  value: unknown,
): Readonly<Record<string, unknown>> | undefined {
  const has = fieldsOf(value)
  const given = fields.map((it): [string, unknown] => [it.key, sent(it, has[it.key])])
  const some = given.filter(([, it]) => it !== undefined)
  return some.length === 0 ? undefined : Object.fromEntries(some)
}

/** What is still lacking before the server takes it, one path of labels each. */
export function lacking(fields: readonly Field[], value: unknown): readonly string[] {
  const has = fieldsOf(value)
  return fields.flatMap((field) => lackingIn(field, has[field.key]))
}

/** The same where every field may wait, but what was begun must be whole: the output of a step. */
export function lackingOfBegun(fields: readonly Field[], value: unknown): readonly string[] {
  return lacking(
    fields.map((it) => ({ ...it, optional: true as const })),
    value,
  )
}

function lackingIn(field: Field, value: unknown): readonly string[] {
  if (field.kind === 'json' && typeof value === 'string' && value !== '')
    return [`${field.label}: it is not JSON`]
  if (sent(field, value) === undefined) return field.optional === true ? [] : [field.label]
  const within = (of: readonly string[]): readonly string[] => of.map((it) => `${field.label}: ${it}`)
  if (field.kind === 'group') return within(lacking(field.fields, value))
  if (field.kind === 'either') return within(lacking(optionOf(field.options, value)?.fields ?? [], value))
  if (field.kind !== 'list') return []
  return itemsOf(value).flatMap((it, index) =>
    lackingIn({ ...field.item, label: `${field.label} ${index + 1}` }, it),
  )
}

function filled(values: readonly unknown[]): readonly unknown[] | undefined {
  const some = values.filter((it) => it !== undefined)
  return some.length === 0 ? undefined : some
}
