/** The reference of the HTTP API, from openapi.json: a page for each noun of the addresses. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { ROOT } from './page.ts'
import type { Page } from './page.ts'

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: Schema
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly 'x-permission'?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Entry {
  readonly address: string
  readonly method: string
  readonly operation: Operation
}

/** A page for each noun, and one that has the shapes. */
export function apiPages(): readonly Page[] {
  // Written by this repository, and held against the operations by a test.
  const described = JSON.parse(readFileSync(path.join(ROOT, 'openapi.json'), 'utf8')) as Described
  const entries = Object.entries(described.paths).flatMap(([address, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ address, method, operation })),
  )
  const groups = Map.groupBy(entries, ({ address }) => nounOf(address))
  const pages = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([noun, operations]) => page(`api/${noun}`, titleOf(noun), operationsText(noun, operations)))
  return [...pages, page('api/shapes', 'Shapes', shapesText(described.components.schemas))]
}

function page(at: string, title: string, markdown: string): Page {
  return {
    source: 'openapi.json',
    address: `reference/${at}.html`,
    kind: 'reference',
    group: 'HTTP API',
    title,
    markdown,
  }
}

function nounOf(address: string): string {
  const [first = 'projects'] = address
    .replace('/api/v1', '')
    .replace(/^\/projects\/\{project\}(?=\/.)/, '')
    .split('/')
    .filter((it) => it !== '' && !it.startsWith('{'))
  return first.replace(/\.json$/, '')
}

function titleOf(noun: string): string {
  const words = noun.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function operationsText(noun: string, entries: readonly Entry[]): string {
  return [`# ${titleOf(noun)}`, ...entries.map(operationText)].join('\n\n')
}

function operationText({ address, method, operation }: Entry): string {
  const { summary, parameters = [], requestBody, responses } = operation
  const sent = Object.entries(requestBody?.content ?? {})
  const answers = Object.entries(responses).filter(([status]) => status !== 'default')
  return [
    `## ${operation.operationId}`,
    summary,
    `\`\`\`http\n${method.toUpperCase()} ${address}\n\`\`\``,
    operation['x-permission'] === undefined ? '' : `Needs \`${operation['x-permission']}\`.`,
    parameters.length === 0
      ? ''
      : rows(
          ['parameter', 'in', 'type', ''],
          parameters.map((it) => [
            `\`${it.name}\`${it.required === true ? '' : ' (optional)'}`,
            it.in,
            typeOf(it.schema),
            it.description ?? it.schema?.description ?? '',
          ]),
        ),
    ...sent.map(([media, { schema }]) => `**Sends** ${media}: ${typeOf(schema)}\n\n${fieldsText(schema)}`),
    ...answers.map(([status, { content = {} }]) => {
      const [first] = Object.entries(content)
      if (first === undefined) return `**Answers** ${status} without content.`
      return `**Answers** ${status}, ${first[0]}: ${typeOf(first[1].schema)}\n\n${fieldsText(first[1].schema)}`
    }),
  ]
    .filter((it) => it.trim() !== '')
    .join('\n\n')
}

function shapesText(schemas: Readonly<Record<string, Schema>>): string {
  return ['# Shapes', 'What requests and answers consist of.', ...shapesOf(schemas)].join('\n\n')
}

/** A section for each named schema. */
export function shapesOf(schemas: Readonly<Record<string, Schema>>): readonly string[] {
  return Object.entries(schemas)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) =>
      [
        `## ${name}`,
        schema.description ?? '',
        schema.properties === undefined ? typeOf({ ...schema, description: '' }) : fieldsText(schema),
      ]
        .filter((it) => it !== '')
        .join('\n\n'),
    )
}

/** The members of an object; nothing of what is named elsewhere. */
export function fieldsText(schema: Schema | undefined): string {
  const { properties, required = [] } = schema ?? {}
  if (properties === undefined) return ''
  return rows(
    ['member', 'type', ''],
    Object.entries(properties).map(([name, it]) => [
      `\`${name}\`${required.includes(name) ? '' : ' (optional)'}`,
      typeOf(it),
      [it.description ?? '', it.default === undefined ? '' : `Default: \`${JSON.stringify(it.default)}\`.`]
        .join(' ')
        .trim(),
    ]),
  )
}

function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return ''
  const named = schema.$ref?.split('/').at(-1)
  const page = schema.$ref?.startsWith('#/$defs/') === true ? '' : 'shapes.md'
  if (named !== undefined) return `[${named}](${page}#${named.toLowerCase()})`
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ')
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(' and ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map((it) => `\`${JSON.stringify(it)}\``).join(', ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`
  if (typeof schema.additionalProperties === 'object')
    return `names with ${typeOf(schema.additionalProperties)}`
  return typeof schema.type === 'string' ? schema.type : (schema.type?.join(' or ') ?? 'any value')
}

function rows(headings: readonly string[], cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) =>
    `| ${row.map((it) => it.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(headings), line(headings.map(() => '---')), ...cells.map(line)].join('\n')
}
