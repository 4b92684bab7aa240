/** `flagmarshal refs cleanup`: a boolean flag taken out of the code, as a patch or in the files. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'

import { Argument, Option } from 'commander'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Open } from './program.ts'
import { cleanFile, leftInText } from './refs/cleanup/cleanup.ts'
import type { LeftPlace } from './refs/cleanup/cleanup.ts'
import { patchOf } from './refs/cleanup/patch.ts'
import type { ChangedFile } from './refs/cleanup/patch.ts'
import { openRepository } from './refs/git.ts'
import { prepare } from './refs/scan.ts'
import { readSettings } from './refs/settings.ts'

interface CleanupOptions {
  readonly keep: 'on' | 'off'
  readonly repository: string
  readonly settings?: string
  readonly write?: boolean
}

/** Adds the command to `refs`. */
export function cleanupCommand(refs: Command, open: Open): void {
  refs
    .command('cleanup')
    .description('take a boolean flag out of TypeScript and JavaScript: prints a patch; needs no server')
    .addArgument(new Argument('<flag>', 'its key'))
    .addOption(
      new Option('--keep <value>', 'the branch that stays').choices(['on', 'off']).makeOptionMandatory(),
    )
    .option('--write', 'change the files instead')
    .option('--repository <path>', 'working tree', '.')
    .option('--settings <path>', 'settings in the repository; flagmarshal/refs.yaml unless given')
    .action((flag: string, given: CleanupOptions, command: Command) => {
      const session = open(command)
      const { root, changed, files, left } = clean(flag, given)
      const patch = patchOf(files)
      if (given.write === true) {
        const own = files.filter((it) => changed.includes(it.file))
        if (own.length > 0)
          throw new Failure(
            `${own.map((it) => it.file).join(', ')} would be changed, and is not committed.`,
            {
              exitCode: EXIT.conflict,
              remedy: 'Commit or stash it, or take the patch: leave --write out.',
            },
          )
        for (const { file, after } of files) writeFileSync(path.join(root, file), after)
      }
      for (const it of left) session.say(`${it.file}:${it.line}: ${it.why}`)
      session.result({ flag, keep: given.keep, files: files.map((it) => it.file), left, patch }, () =>
        given.write === true
          ? `${files.length} files are changed, ${left.length} places are left.`
          : patch.trimEnd(),
      )
    })
}

interface Cleaned {
  readonly root: string
  /** Files that are not committed as they are. */
  readonly changed: readonly string[]
  readonly files: readonly ChangedFile[]
  readonly left: readonly (LeftPlace & { readonly file: string })[]
}

function clean(flag: string, given: CleanupOptions): Cleaned {
  const repository = openRepository(given.repository)
  const settings = readSettings(repository.root, given.settings)
  const scanning = { repository, settings: { ...settings, aliases: [] }, keys: [flag], runCommands: false }
  const { texts, trees, searched } = prepare(scanning)
  const removal = { flag, keep: given.keep === 'on', searched }
  const files: ChangedFile[] = []
  const left: Cleaned['left'][number][] = []
  for (const [file, text] of texts) {
    const parsed = trees.get(file)
    if (parsed === undefined) {
      left.push(...leftInText(text, removal, settings.delimiters).map((it) => ({ ...it, file })))
      continue
    }
    const result = cleanFile(file, parsed.tree, removal)
    if (result.text !== text) files.push({ file, before: text, after: result.text })
    left.push(...result.left.map((it) => ({ ...it, file })))
  }
  return { root: repository.root, changed: repository.changed, files, left }
}
