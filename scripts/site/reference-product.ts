/** References made from the product itself: the command line from its help, documents from their schemas. */
import { configDocuments, configSchema, configSchemaFile } from '@flagmarshal/api/config-document'
import type { ConfigKind } from '@flagmarshal/api/config-document'
import { commandsOf, examplesOf } from '@flagmarshal/cli/examples'
import { build } from '@flagmarshal/cli/program'

import type { Page } from './page.ts'
import { fieldsText, shapesOf } from './reference-api.ts'
import type { Schema } from './reference-api.ts'

type Command = ReturnType<typeof build>

/** A page for each noun of the command line. */
export function commandPages(): readonly Page[] {
  const nothing = () => {
    throw new Error('nothing is run')
  }
  const streams = { out: () => undefined, err: () => undefined, colour: false, terminal: false }
  const program = build(nothing, () => undefined, { streams, env: {} })
  const nouns = Map.groupBy(commandsOf(program), ([at]) => at.split(' ')[0] ?? '')
  const always = `# Options of every command\n\n${optionsText(program)}`
  return [
    page('options', 'Options of every command', always),
    ...[...nouns]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([noun, commands]) => {
        const about = program.commands.find((it) => it.name() === noun)?.description() ?? ''
        return page(
          noun,
          noun,
          [`# flagmarshal ${noun}`, sentence(about), ...commands.map(commandText)].join('\n\n'),
        )
      }),
  ]
}

/** A page that has the members of each kind of document. */
export function documentPage(): Page {
  const kinds = Object.keys(configDocuments) as ConfigKind[]
  const shapes: Record<string, Schema> = {}
  const parts = kinds.map((kind) => {
    // Made from the schemas of this repository.
    const schema = configSchema(kind) as Schema & { readonly $defs?: Readonly<Record<string, Schema>> }
    Object.assign(shapes, schema.$defs)
    const served = `Served at \`/schema/v1/${configSchemaFile(kind)}\`. Members of \`spec\`:`
    const spec = schema.properties?.['spec']
    return `## ${kind}\n\n${served}\n\n${fieldsText(inPlace(spec, shapes))}`
  })
  const markdown = [
    '# Configuration documents',
    'Each has `apiVersion: flagmarshal.dev/v1`, `kind`, `metadata: {name}` and `spec`. [Configuration as code](../docs/configuration-as-code.md) says how they are used.',
    ...parts,
    ...shapesOf(shapes),
  ].join('\n\n')
  return {
    source: 'packages/api/src/config-document.ts',
    address: 'reference/documents.html',
    kind: 'reference',
    title: 'Configuration documents',
    markdown,
  }
}

/** A schema itself where it is only named. */
function inPlace(schema: Schema | undefined, shapes: Readonly<Record<string, Schema>>): Schema | undefined {
  const name = schema?.$ref?.split('/').at(-1)
  return name === undefined ? schema : shapes[name]
}

function page(noun: string, title: string, markdown: string): Page {
  return {
    source: 'packages/cli/src/program.ts',
    address: `reference/cli/${noun}.html`,
    kind: 'reference',
    group: 'Command line',
    title,
    markdown,
  }
}

function commandText([at, command]: readonly [string, Command]): string {
  const usage = `flagmarshal ${at} ${command.registeredArguments.map((it) => (it.required ? `<${it.name()}>` : `[${it.name()}]`)).join(' ')}`
  return [
    `## ${at}`,
    sentence(command.description()),
    `\`\`\`text\n${usage.trimEnd()}${command.options.length === 0 ? '' : ' [options]'}\n\`\`\``,
    optionsText(command),
    `\`\`\`sh\n${examplesOf(at).join('\n')}\n\`\`\``,
  ]
    .filter((it) => it !== '')
    .join('\n\n')
}

function optionsText({ options }: Command): string {
  if (options.length === 0) return ''
  const rows = options.map((it) => {
    const choices = it.argChoices === undefined ? '' : ` (${it.argChoices.join(', ')})`
    const usual = typeof it.defaultValue === 'string' ? ` Default: \`${it.defaultValue}\`.` : ''
    return `| \`${it.flags.replaceAll('|', '\\|')}\` | ${it.mandatory ? 'yes' : ''} | ${it.description.replaceAll('|', '\\|')}${choices}.${usual} |`
  })
  return ['| option | needed | |', '| --- | --- | --- |', ...rows].join('\n')
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return whole === '' || whole.endsWith('.') ? whole : `${whole}.`
}
