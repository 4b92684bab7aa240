/** docs/operations/settings.md: every setting, from the list that the programs read. */
import { SETTINGS } from '@flagmarshal/api/settings'
import type { SettingReader } from '@flagmarshal/api/settings'
import { ENVIRONMENT } from '@flagmarshal/server/config'

const CHAPTERS: readonly (readonly [SettingReader, string, string])[] = [
  [
    'server',
    'The server',
    'Read once at the start. The middle column is the name in `flagmarshal.config.yaml`, a file in the working directory; the environment wins over it. A value that is not usable stops the start with one sentence that names it, and so does a name that nobody knows. What is empty counts as not there.',
  ],
  ['cli', 'The command line', 'Options of a command win over these.'],
  ['sdk', 'Applications', 'Read by the OpenFeature providers, where the program does not pass options.'],
  ['tests', 'Tests of this repository', 'No program of the product reads these.'],
]

/** The file's text. */
export function settingsText(): string {
  const inFile: Readonly<Record<string, string>> = ENVIRONMENT
  const parts = CHAPTERS.map(([reader, title, about]) => {
    const rows = Object.entries(SETTINGS)
      .filter(([, it]) => it.reader === reader)
      .map(([name, it]) => {
        const file =
          reader === 'server' ? ` | ${inFile[name] === undefined ? '' : `\`${inFile[name]}\``}` : ''
        return `| \`${name}\`${file} | ${it.means.replaceAll('|', '\\|')} |`
      })
    const head =
      reader === 'server'
        ? ['| setting | in the file | meaning; the last sentence is the default |', '| --- | --- | --- |']
        : ['| setting | meaning |', '| --- | --- |']
    return [`## ${title}`, '', about, '', ...head, ...rows].join('\n')
  })
  const intro =
    'Made from `packages/api/src/settings.ts` and `packages/server/src/config.ts` by `npm run operations`; a test fails while it differs.'
  return `# Settings\n\n${intro}\n\n${parts.join('\n\n')}\n`
}
